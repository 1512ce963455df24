"""`docs/results.md` from what was measured: a file a part of the page, put together by `python -m training.results`."""
