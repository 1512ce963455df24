"""How to name the authors of each data set, as its licence asks."""

CITATIONS = {
    "metu": 'Özgenel, Ç.F. (2019), "Concrete Crack Images for Classification", Mendeley Data V2, '
    "doi:10.17632/5y9wdsg2zt.2; Özgenel & Gönenç Sorguç, ISARC 2018.",
    "sdnet2018": "Maguire, M., Dorafshan, S., Thomas, R.J. (2018), SDNET2018, Utah State University, "
    "doi:10.15142/T3TD19; Data in Brief 21 (2018) 1664-1668.",
}
