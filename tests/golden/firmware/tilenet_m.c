/* tilenet_m: tables, then tilenet_m_run, a list of calls in the order in which they run.
 *
 * Made by: hairline firmware export
 * Hairline 0.1.0, from a .tflite with SHA-256
 * 4783fef6bbd7019a4be913b5d58c4fed733e8ca878b014e842463834c1187fcc
 * Packed for: armv7em. Do not edit: export again.
 */
#include <string.h>

#include "tilenet_m.h"

#if !(defined(__ARM_FEATURE_DSP)) && !defined(HAIRLINE_EMULATE)
#error "tilenet_m.c is packed for armv7em: export it again for this processor (--cpu)"
#endif

#ifdef HAIRLINE_TRACE
#define TRACE(tensor, buffer, rows, row_bytes, first, end) tilenet_m_trace(tensor, buffer, rows, row_bytes, first, end)
#else
#define TRACE(tensor, buffer, rows, row_bytes, first, end) ((void)0)
#endif

/* 0: Conv -> tensor 31 [47][47][16] sequential_1_1/tilenet_m_1/c1_relu_1/Rel */
/* pairs of channels, pairs of taps: [8][24][4] */
static const int8_t tilenet_m_0_conv_weights[768] = {
    -127, -22, -70, -48, -114, -24, -76, -90, -122, -70, 3, -80, -49, -65, -11, -58, -32, -127, -107, -52, -11, -86,
    -53, -37, -94, 56, -85, 34, -94, 78, 46, -6, 37, 20, -20, -57, 43, -24, 59, -61, -43, 13, -4, -108, -15, -60,
    22, -96, -58, 96, 31, 97, -93, 91, 53, 109, 46, 26, 80, 15, 71, 53, 37, -23, -12, 0, -26, -25, 76, -76, 14, -13,
    ... 28 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_0_conv_bias[16] = {
    8913, 314, -550, 2140, 8120, -59019, -7304, -4265, -68186, -1102, 349, -4904, -116020, 2403, 76, 8341,
};
/* by output channel */
static const int32_t tilenet_m_0_conv_multiplier[16] = {
    1103654088, 1805604305, 1835002744, 1540225300, 1516272980, 1396992908, 1607867449, 1670034577, 1261915840,
    1992160431, 1338891924, 1950060612, 1414500527, 1773183435, 1877041023, 1643445728,
};
/* by output channel */
static const int8_t tilenet_m_0_conv_shift[16] = {
    -8, -7, -7, -7, -8, -10, -8, -8, -10, -8, -7, -8, -11, -7, -8, -8,
};
static const hairline_conv_op tilenet_m_0_conv = {
    .window = {
        .in_h = 96, .in_w = 96, .in_rows = 96, .in_c = 3,
        .out_h = 47, .out_w = 47, .out_rows = 3, .out_c = 16,
        .kernel_h = 4, .kernel_w = 4,
        .stride_h = 2, .stride_w = 2,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .rescale = {tilenet_m_0_conv_multiplier, tilenet_m_0_conv_shift, .zero_point = -128, .low = -128, .high = 127},
    .weights = tilenet_m_0_conv_weights,
    .bias = tilenet_m_0_conv_bias,
    .in_zero_point = -128,
    .quick = 2,
};

/* 1: Conv -> tensor 32 [45][45][24] sequential_1_1/tilenet_m_1/c2_relu_1/Rel */
/* pairs of channels, pairs of taps: [12][72][4] */
static const int8_t tilenet_m_1_conv_weights[3456] = {
    54, -9, 113, -68, 44, 20, -53, 14, -106, -33, -42, 9, -12, -36, -46, -79, 43, -12, 74, -30, -33, 73, -12, -5,
    -11, 41, -13, -24, -127, 38, -54, 66, 3, 11, 20, -53, 80, -66, -111, -101, -69, -43, 26, 10, -43, 11, -49, -34,
    -1, -48, -14, -104, -53, -47, 5, 18, -16, -5, 0, -30, -29, -85, 7, 36, 43, -10, -65, -70, 27, -23, -26, -74, 32,
    ... 134 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_1_conv_bias[24] = {
    -63864, -93416, -66086, 29378, -211400, -53966, -72285, -52281, -79157, -14471, 11097, -181898, 7940, -7957,
    -70298, -115371, -87639, -35434, -44890, -14146, -160102, -166398, 5224, 65698,
};
/* by output channel */
static const int32_t tilenet_m_1_conv_multiplier[24] = {
    1467267328, 1959705088, 2130581504, 1352244864, 1407652736, 1374128768, 1288421376, 1101561344, 1229819136,
    1242731136, 1363850368, 1794728960, 1566937600, 1353376896, 1190957696, 1373288576, 1511158016, 1893055616,
    1946288000, 1761122304, 1634791168, 1496517504, 1740777728, 1678096512,
};
/* by output channel */
static const int8_t tilenet_m_1_conv_shift[24] = {
    -8, -9, -10, -8, -9, -8, -8, -8, -8, -8, -9, -9, -8, -9, -8, -8, -9, -8, -9, -9, -9, -9, -9, -9,
};
static const hairline_conv_op tilenet_m_1_conv = {
    .window = {
        .in_h = 47, .in_w = 47, .in_rows = 3, .in_c = 16,
        .out_h = 45, .out_w = 45, .out_rows = 3, .out_c = 24,
        .kernel_h = 3, .kernel_w = 3,
        .stride_h = 1, .stride_w = 1,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .rescale = {tilenet_m_1_conv_multiplier, tilenet_m_1_conv_shift, .zero_point = -128, .low = -128, .high = 127},
    .weights = tilenet_m_1_conv_weights,
    .bias = tilenet_m_1_conv_bias,
    .in_zero_point = -128,
    .quick = 2,
};

/* 2: Conv -> tensor 33 [22][22][32] sequential_1_1/tilenet_m_1/c3_relu_1/Rel */
/* pairs of channels, pairs of taps: [16][108][4] */
static const int8_t tilenet_m_2_conv_weights[6912] = {
    40, -10, -10, -20, -2, 7, -26, -92, 1, -31, -10, 5, 4, -23, -41, 36, 19, -15, -51, 22, 21, -54, 13, -20, -13,
    -69, -49, 39, -33, -8, -7, 9, 6, 24, -33, -19, -10, -24, -57, -23, -8, 37, -35, -4, -46, 22, 43, 14, 79, 33, 19,
    -3, 3, 28, -26, -2, 9, -10, 23, -78, 21, -50, 1, 26, 3, 26, -39, 19, 29, -77, -18, -1, 15, 44, -50, 35, -37, 4,
    ... 267 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_2_conv_bias[32] = {
    -74066, -211617, -231269, 205410, -37297, -89040, -87503, 33317, -101909, -55270, 39798, -15970, -330930,
    -299680, 248862, -94879, 145446, 23241, -249695, 341424, -66518, -82192, 253106, -34451, 194212, 31786, -2292,
    -85440, -24735, 19611, -11082, -114870,
};
/* by output channel */
static const int32_t tilenet_m_2_conv_multiplier[32] = {
    2092725248, 1353945728, 1223816064, 1791648512, 1939983104, 1557981056, 1881686912, 1423752832, 1740153088,
    1689017472, 1408077312, 1770419968, 1136673024, 1969409536, 1094071808, 1216599168, 1356654720, 1597106688,
    1549990272, 1907008256, 1308801408, 1727749632, 1349336064, 1481316352, 1627559296, 1367276160, 1323953024,
    ... 1 more lines
};
/* by output channel */
static const int8_t tilenet_m_2_conv_shift[32] = {
    -9, -9, -9, -9, -9, -9, -9, -9, -8, -9, -8, -9, -9, -10, -9, -9, -9, -9, -9, -10, -9, -8, -9, -9, -9, -9, -8,
    -9, -8, -9, -9, -8,
};
static const hairline_conv_op tilenet_m_2_conv = {
    .window = {
        .in_h = 45, .in_w = 45, .in_rows = 3, .in_c = 24,
        .out_h = 22, .out_w = 22, .out_rows = 22, .out_c = 32,
        .kernel_h = 3, .kernel_w = 3,
        .stride_h = 2, .stride_w = 2,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .rescale = {tilenet_m_2_conv_multiplier, tilenet_m_2_conv_shift, .zero_point = -128, .low = -128, .high = 127},
    .weights = tilenet_m_2_conv_weights,
    .bias = tilenet_m_2_conv_bias,
    .in_zero_point = -128,
    .quick = 2,
};

/* 3: Depthwise -> tensor 34 [20][20][32] sequential_1_1/tilenet_m_1/s4_dw_relu_1/ */
/* four channels: weights, biases, rescaling: [8][27] */
static const int32_t tilenet_m_3_depthwise_weights[216] = {
    4784185, -4325465, -5570501, -4456530, 4259967, 5505104, 1769498, 65574, -2228149, 589789, -2228134, 8323108,
    -8257581, 5308446, 7077895, 1638511, -2097178, 4325249, 43781, -5625, -4916, 25766, 1482292096, 1434357376,
    1203580800, 1923092352, 134546694, -3014665, 786328, -3014688, 5570460, -3932131, 8388574, 1966178, -786388,
    ... 16 more lines
};
static const hairline_conv_op tilenet_m_3_depthwise = {
    .window = {
        .in_h = 22, .in_w = 22, .in_rows = 22, .in_c = 32,
        .out_h = 20, .out_w = 20, .out_rows = 20, .out_c = 32,
        .kernel_h = 3, .kernel_w = 3,
        .stride_h = 1, .stride_w = 1,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .weights = tilenet_m_3_depthwise_weights,
    .in_zero_point = -128,
};

/* 4: Conv -> tensor 35 [20][20][48] sequential_1_1/tilenet_m_1/s4_relu_1/Rel */
/* pairs of channels, pairs of taps: [24][16][4] */
static const int8_t tilenet_m_4_conv_weights[1536] = {
    -9, -18, -21, 40, -46, -21, 55, -31, -81, 10, -82, -116, -100, 65, 18, -41, -121, -80, -98, -100, 13, -48, -29,
    -15, -3, -63, 62, -64, -5, 59, -107, -83, 32, -116, 42, 14, -94, -124, -3, 127, -55, -1, 75, 60, 127, -4, -10,
    120, -77, -9, -73, -69, -50, -79, -97, 81, 105, -123, 3, 48, 0, -51, -81, -29, -26, 41, -89, -18, -78, -38, 13,
    ... 60 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_4_conv_bias[48] = {
    -82098, -74236, -44938, -48418, -7527, -18504, -66162, -12966, -60793, -40601, -79761, -66770, 11230, -46197,
    -17574, -43454, -11458, 66062, 2990, -3165, -56061, -67041, -11687, -38445, -7860, -49059, -29515, -3747,
    -31927, -30124, -30525, -1602, -55668, 32677, -26579, -34625, 41145, -32126, 31801, -20503, -76007, -119213,
    ... 1 more lines
};
/* by output channel */
static const int32_t tilenet_m_4_conv_multiplier[48] = {
    2023022208, 1943697408, 1976862080, 1085011968, 1122927872, 1459446016, 1202176896, 1901212416, 1250723456,
    1272313600, 1980107776, 1089598464, 2095746048, 1471015680, 2068956672, 2067697536, 1236306560, 1253254656,
    1276925440, 1101069568, 1141920000, 1149150208, 1513705216, 1358604800, 1325490560, 1306985472, 1145895168,
    ... 3 more lines
};
/* by output channel */
static const int8_t tilenet_m_4_conv_shift[48] = {
    -8, -8, -8, -7, -7, -7, -7, -8, -7, -7, -8, -7, -8, -7, -8, -7, -7, -7, -7, -7, -7, -7, -7, -7, -7, -7, -7, -7,
    -7, -7, -7, -7, -7, -7, -7, -7, -7, -7, -7, -7, -7, -8, -8, -7, -7, -7, -8, -7,
};
static const hairline_conv_op tilenet_m_4_conv = {
    .window = {
        .in_h = 20, .in_w = 20, .in_rows = 20, .in_c = 32,
        .out_h = 20, .out_w = 20, .out_rows = 20, .out_c = 48,
        .kernel_h = 1, .kernel_w = 1,
        .stride_h = 1, .stride_w = 1,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .rescale = {tilenet_m_4_conv_multiplier, tilenet_m_4_conv_shift, .zero_point = -128, .low = -128, .high = 127},
    .weights = tilenet_m_4_conv_weights,
    .bias = tilenet_m_4_conv_bias,
    .in_zero_point = -128,
    .quick = 2,
};

/* 5: Conv -> tensor 36 [10][10][64] sequential_1_1/tilenet_m_1/c5_relu_1/Rel */
/* pairs of channels, pairs of taps: [32][96][4] */
static const int8_t tilenet_m_5_conv_weights[12288] = {
    -18, -16, -40, -24, 1, 3, -32, -9, -6, -8, -67, 30, -24, -3, -33, -62, -31, -23, -51, -27, -1, 6, 0, -49, -16,
    8, 59, -1, 13, -44, 33, 127, 104, 6, 54, 23, -54, -44, 26, -40, 0, 27, 11, 3, 2, 4, 39, -48, -14, 1, 51, 75, 24,
    -39, -21, -44, -24, -23, -32, -68, -87, -6, 13, -69, -35, -31, 40, -24, 14, -90, -28, 18, -13, 17, 7, 9, -4,
    ... 481 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_5_conv_bias[64] = {
    13665, -81929, 185065, -314231, -211178, -71778, 44425, 164291, -147381, 33663, -225007, -205937, 155859, -6198,
    -299219, -230295, -194213, -77194, 268652, -226886, -140438, -210401, -25778, 18639, -89940, 57496, 98369,
    -346896, 8894, 124297, 186732, 7183, 45496, -110344, -182701, -4127, 123220, -20869, -214501, -91259, 352859,
    ... 2 more lines
};
/* by output channel */
static const int32_t tilenet_m_5_conv_multiplier[64] = {
    2124541056, 1389574144, 1424736640, 1175097856, 1574031488, 1099921024, 1572024832, 1580747520, 1504663424,
    1552513792, 1714372608, 1502013312, 1928369536, 1293379200, 1307117568, 1719977216, 1143708032, 1759009280,
    1466778624, 1997254272, 1361959168, 1998578688, 1630785024, 1769830656, 1416843904, 1078392320, 1436071936,
    ... 5 more lines
};
/* by output channel */
static const int8_t tilenet_m_5_conv_shift[64] = {
    -9, -8, -9, -9, -9, -8, -9, -9, -8, -9, -9, -9, -9, -9, -9, -9, -9, -9, -9, -10, -9, -9, -9, -9, -9, -8, -9, -9,
    -9, -9, -9, -8, -9, -9, -9, -8, -9, -9, -9, -8, -8, -9, -8, -8, -9, -9, -9, -10, -9, -9, -8, -8, -9, -9, -9, -8,
    -9, -9, -9, -8, -9, -9, -8, -9,
};
static const hairline_conv_op tilenet_m_5_conv = {
    .window = {
        .in_h = 20, .in_w = 20, .in_rows = 20, .in_c = 48,
        .out_h = 10, .out_w = 10, .out_rows = 10, .out_c = 64,
        .kernel_h = 2, .kernel_w = 2,
        .stride_h = 2, .stride_w = 2,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .rescale = {tilenet_m_5_conv_multiplier, tilenet_m_5_conv_shift, .zero_point = -128, .low = -128, .high = 127},
    .weights = tilenet_m_5_conv_weights,
    .bias = tilenet_m_5_conv_bias,
    .in_zero_point = -128,
    .quick = 2,
};

/* 6: Depthwise -> tensor 37 [8][8][64] sequential_1_1/tilenet_m_1/s6_dw_relu_1/ */
/* four channels: weights, biases, rescaling: [16][27] */
static const int32_t tilenet_m_6_depthwise_weights[432] = {
    2621402, 6291440, 2031602, 2818010, -6750214, 8388536, -3538922, -3997687, -2818034, -4456523, 327635, 6619009,
    -8322945, 4128887, -655386, -5177254, 917396, -3997590, -9625, -27222, -333, 19760, 1545274880, 1699774976,
    1681337728, 1457323392, 84346630, 4980750, -721023, 8388572, 851923, 655441, -65553, 5177217, -917452, 1835086,
    ... 35 more lines
};
static const hairline_conv_op tilenet_m_6_depthwise = {
    .window = {
        .in_h = 10, .in_w = 10, .in_rows = 10, .in_c = 64,
        .out_h = 8, .out_w = 8, .out_rows = 8, .out_c = 64,
        .kernel_h = 3, .kernel_w = 3,
        .stride_h = 1, .stride_w = 1,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .weights = tilenet_m_6_depthwise_weights,
    .in_zero_point = -128,
};

/* 7: Conv -> tensor 38 [8][8][64] sequential_1_1/tilenet_m_1/s6_relu_1/Rel */
/* pairs of channels, pairs of taps: [32][32][4] */
static const int8_t tilenet_m_7_conv_weights[4096] = {
    -26, -31, 1, 3, 0, -15, 119, -11, 10, 42, -96, -23, -57, 59, -27, 50, 67, -57, -2, 2, 27, -30, -31, -37, 36, 68,
    7, -38, 66, -52, -30, 23, 67, -29, 5, -32, -75, 33, 65, 127, 24, -18, 77, 30, -87, -69, 51, -90, -19, -81, 127,
    -46, 57, -9, 8, -29, 80, -26, -50, -68, -34, -48, 80, -28, 5, -18, 20, -6, 4, 7, 35, 0, -27, -49, 32, -39, 27,
    ... 160 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_7_conv_bias[64] = {
    90938, -67645, 19965, -160470, -48459, 75362, 26881, -9703, 32669, -83298, -104539, -36121, 164117, -639,
    -87730, 57728, -13701, -59410, -31369, -67356, -5766, -53716, 68548, -41660, 12808, -20143, 30411, 10802, 49295,
    60113, 67793, 97932, 75062, 111576, -27064, -92635, 98295, -60865, -363, -23792, 61820, -23873, -53386, -119282,
    ... 2 more lines
};
/* by output channel */
static const int32_t tilenet_m_7_conv_multiplier[64] = {
    1752192128, 1752169472, 1652239488, 1490889856, 1406250496, 1504449024, 1795640320, 1340351744, 1456847232,
    1650910464, 1560453760, 1472658176, 1538952960, 1792658304, 1366482688, 1838984064, 1355456128, 1480019328,
    1794343424, 1582920576, 1400565760, 2125295488, 1549321600, 1960817024, 1954155264, 1503215104, 1120832128,
    ... 5 more lines
};
/* by output channel */
static const int8_t tilenet_m_7_conv_shift[64] = {
    -8, -8, -8, -8, -8, -8, -8, -7, -8, -8, -8, -8, -8, -8, -8, -8, -7, -8, -8, -8, -8, -8, -8, -8, -8, -8, -7, -8,
    -8, -8, -8, -8, -7, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -7, -8, -8, -7, -8, -7, -8, -8, -8, -8, -8, -7,
    -8, -7, -8, -8, -7, -8, -8, -8,
};
static const hairline_conv_op tilenet_m_7_conv = {
    .window = {
        .in_h = 8, .in_w = 8, .in_rows = 8, .in_c = 64,
        .out_h = 8, .out_w = 8, .out_rows = 8, .out_c = 64,
        .kernel_h = 1, .kernel_w = 1,
        .stride_h = 1, .stride_w = 1,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .rescale = {tilenet_m_7_conv_multiplier, tilenet_m_7_conv_shift, .zero_point = -128, .low = -128, .high = 127},
    .weights = tilenet_m_7_conv_weights,
    .bias = tilenet_m_7_conv_bias,
    .in_zero_point = -128,
    .quick = 2,
};

/* 8: Depthwise -> tensor 39 [6][6][64] sequential_1_1/tilenet_m_1/s7_dw_relu_1/ */
/* four channels: weights, biases, rescaling: [16][27] */
static const int32_t tilenet_m_8_depthwise_weights[432] = {
    -4390927, -4325264, -8323056, 3342463, 1376383, -3538887, 4653060, -8323058, 4128777, -2883642, 4259855,
    -5439539, -2752524, 2228097, -1048583, -3276821, 4259840, -7929946, 15078, 2752, -4155, -51208, 1148534784,
    2136237824, 1820463872, 2049485312, 117901062, 2293796, -8257571, 1835034, -2949101, 8388507, -6815668,
    ... 35 more lines
};
static const hairline_conv_op tilenet_m_8_depthwise = {
    .window = {
        .in_h = 8, .in_w = 8, .in_rows = 8, .in_c = 64,
        .out_h = 6, .out_w = 6, .out_rows = 6, .out_c = 64,
        .kernel_h = 3, .kernel_w = 3,
        .stride_h = 1, .stride_w = 1,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .weights = tilenet_m_8_depthwise_weights,
    .in_zero_point = -128,
};

/* 9: Conv -> tensor 40 [6][6][64] sequential_1_1/tilenet_m_1/s7_relu_1/Rel */
/* pairs of channels, pairs of taps: [32][32][4] */
static const int8_t tilenet_m_9_conv_weights[4096] = {
    75, 40, -55, -37, 16, 19, -54, 3, -34, 39, 23, -91, 110, 17, -84, 44, 34, -33, -19, 8, 46, 58, -10, -94, 0, -13,
    -11, -47, -60, 83, 109, -120, 104, 41, -53, 102, 9, -4, 20, 26, -120, 69, 9, 60, -19, 22, -19, 99, 64, 96, 127,
    34, -51, 41, -97, -30, -40, -50, 12, 88, -29, -23, 43, 66, -42, 11, 55, -88, -42, 77, 22, 23, -98, 50, -69, -30,
    ... 158 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_9_conv_bias[64] = {
    -27335, 77207, -25671, -46196, 27682, 18515, 167610, 143895, 77924, 21894, 103308, -29112, 84823, 82274, -24411,
    56542, 58507, 124958, 80833, -16434, 24444, 49395, 112641, -36588, 90492, -34186, 63089, 8344, 73442, 103930,
    -47126, -75469, 123037, 28261, -103032, 96982, -74869, -26056, -84814, -34039, -43101, 51423, 49450, 76764,
    ... 2 more lines
};
/* by output channel */
static const int32_t tilenet_m_9_conv_multiplier[64] = {
    1581791104, 1202525440, 1773968384, 1173373312, 1271065216, 1695703936, 1170228608, 1149620096, 2124281344,
    1179871872, 1391468288, 2021097472, 1257212160, 1262108288, 1295294080, 1711585280, 1681262208, 1382995200,
    1479067008, 1968555264, 2146201088, 2098414208, 1087322496, 1402378624, 1961309312, 1773617408, 1375869312,
    ... 5 more lines
};
/* by output channel */
static const int8_t tilenet_m_9_conv_shift[64] = {
    -8, -8, -8, -8, -8, -8, -8, -8, -8, -7, -8, -8, -8, -8, -7, -8, -8, -8, -8, -8, -9, -9, -8, -8, -8, -8, -8, -7,
    -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -9, -8, -8, -8, -8, -8, -8, -8, -7, -8, -8, -8, -8, -8, -8, -8, -8,
    -8, -8, -8, -8, -8, -8, -8, -8,
};
static const hairline_conv_op tilenet_m_9_conv = {
    .window = {
        .in_h = 6, .in_w = 6, .in_rows = 6, .in_c = 64,
        .out_h = 6, .out_w = 6, .out_rows = 6, .out_c = 64,
        .kernel_h = 1, .kernel_w = 1,
        .stride_h = 1, .stride_w = 1,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .rescale = {tilenet_m_9_conv_multiplier, tilenet_m_9_conv_shift, .zero_point = -128, .low = -128, .high = 127},
    .weights = tilenet_m_9_conv_weights,
    .bias = tilenet_m_9_conv_bias,
    .in_zero_point = -128,
    .quick = 2,
};

/* 10: Depthwise -> tensor 41 [4][4][64] sequential_1_1/tilenet_m_1/s8_dw_relu_1/ */
/* four channels: weights, biases, rescaling: [16][27] */
static const int32_t tilenet_m_10_depthwise_weights[432] = {
    -983129, 5308502, -4259927, 5308400, -65663, 4128807, -983110, 2490495, -8257560, -393136, 1966050, 1572899,
    -1834927, -5111688, -4259759, -5177272, 1769588, -8323049, -17424, -32044, 64112, -850, 1829653760, 1728042496,
    1677556608, 1297045376, 101189383, 6488128, 8388605, 720958, 2621442, 8323112, -65409, 4456411, 3670014,
    ... 35 more lines
};
static const hairline_conv_op tilenet_m_10_depthwise = {
    .window = {
        .in_h = 6, .in_w = 6, .in_rows = 6, .in_c = 64,
        .out_h = 4, .out_w = 4, .out_rows = 4, .out_c = 64,
        .kernel_h = 3, .kernel_w = 3,
        .stride_h = 1, .stride_w = 1,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .weights = tilenet_m_10_depthwise_weights,
    .in_zero_point = -128,
};

/* 11: Conv -> tensor 42 [4][4][64] sequential_1_1/tilenet_m_1/s8_relu_1/Rel */
/* pairs of channels, pairs of taps: [32][32][4] */
static const int8_t tilenet_m_11_conv_weights[4096] = {
    -72, 47, 10, 7, -56, 28, -27, 55, 22, 21, -127, 60, -18, -94, -19, -7, -97, -15, -33, -84, -66, 104, -123, -95,
    -78, -89, -26, -96, -49, -111, -57, -8, -28, 8, -94, -64, -19, -12, -11, 102, -65, 27, 54, 14, -7, -127, -119,
    -12, -73, -84, -35, 42, -67, 56, -32, -7, -84, -91, 0, 53, 34, -78, -34, 62, 25, 43, -27, -24, -33, 5, 19, -10,
    ... 160 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_11_conv_bias[64] = {
    -175422, -83589, 27383, -77991, 17914, 22715, -36630, -18664, 40271, 27464, 7119, -59208, 83859, 91453, 28317,
    53851, -61641, -23129, 33591, 34341, -7946, 11603, -70392, 19463, -2649, -26455, 61760, 46527, 106370, 12774,
    -13782, -89008, 90065, -35742, 62733, 43458, -73616, -64630, -17446, -53210, -23010, -26597, -3453, -15056,
    ... 2 more lines
};
/* by output channel */
static const int32_t tilenet_m_11_conv_multiplier[64] = {
    1216829440, 1445752320, 1771817216, 1724254208, 1140485760, 1691458944, 1629714304, 1694552064, 1783094144,
    1512871808, 1316362624, 1479849600, 1146872192, 1442119040, 1464557184, 1401666560, 1262709760, 1805746560,
    1081587200, 1709534720, 1864906240, 1258523520, 1157247488, 1517147648, 2105650432, 1284776448, 1386612096,
    ... 5 more lines
};
/* by output channel */
static const int8_t tilenet_m_11_conv_shift[64] = {
    -8, -8, -8, -8, -7, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -7, -8, -8, -8, -7, -8, -9, -8, -8, -8,
    -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -7, -8, -8, -7, -8, -8, -8, -8, -8, -8, -8, -8, -9, -8, -8,
    -8, -8, -8, -8, -8, -8, -8, -8,
};
static const hairline_conv_op tilenet_m_11_conv = {
    .window = {
        .in_h = 4, .in_w = 4, .in_rows = 4, .in_c = 64,
        .out_h = 4, .out_w = 4, .out_rows = 4, .out_c = 64,
        .kernel_h = 1, .kernel_w = 1,
        .stride_h = 1, .stride_w = 1,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .rescale = {tilenet_m_11_conv_multiplier, tilenet_m_11_conv_shift, .zero_point = -128, .low = -128, .high = 127},
    .weights = tilenet_m_11_conv_weights,
    .bias = tilenet_m_11_conv_bias,
    .in_zero_point = -128,
    .quick = 2,
};

/* 12: Conv -> tensor 43 [4][4][16] sequential_1_1/tilenet_m_1/evidence_relu */
/* pairs of channels, pairs of taps: [8][32][4] */
static const int8_t tilenet_m_12_conv_weights[1024] = {
    -6, -11, -60, 36, 107, 61, -40, 23, -4, 127, 96, -31, 60, 103, 39, -49, -76, 7, 18, 43, 4, -10, -93, -32, -68,
    -38, -2, 112, 71, -62, -21, 40, 15, -10, -23, -20, -15, 112, -41, -6, -45, 85, -3, 15, -5, -13, 58, -62, 9, -32,
    -9, 37, 77, 34, -56, -21, 92, 64, 107, 18, -38, 49, -65, -11, -41, 22, -32, -22, -94, -76, 110, -24, -28, 19,
    ... 39 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_12_conv_bias[16] = {
    -11857, 8923, -59285, 57360, 80174, 69162, 45059, 89870, 66012, 20903, -132275, -19551, -112892, 872, 30113,
    -131749,
};
/* by output channel */
static const int32_t tilenet_m_12_conv_multiplier[16] = {
    1351537536, 1531930240, 1438652416, 1107978240, 1417480320, 1569074688, 1090517120, 1549271936, 1155016960,
    1395554816, 1157282176, 1183725440, 1504782848, 1780475776, 1185141120, 1199821056,
};
/* by output channel */
static const int8_t tilenet_m_12_conv_shift[16] = {
    -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -7, -8, -8, -8, -8,
};
static const hairline_conv_op tilenet_m_12_conv = {
    .window = {
        .in_h = 4, .in_w = 4, .in_rows = 4, .in_c = 64,
        .out_h = 4, .out_w = 4, .out_rows = 4, .out_c = 16,
        .kernel_h = 1, .kernel_w = 1,
        .stride_h = 1, .stride_w = 1,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .rescale = {tilenet_m_12_conv_multiplier, tilenet_m_12_conv_shift, .zero_point = -128, .low = -128, .high = 127},
    .weights = tilenet_m_12_conv_weights,
    .bias = tilenet_m_12_conv_bias,
    .in_zero_point = -128,
    .quick = 2,
};

/* 13: Conv -> tensor 44 [1][1][32] sequential_1_1/tilenet_m_1/head_relu_1/R */
/* pairs of channels, pairs of taps: [16][128][4] */
static const int8_t tilenet_m_13_conv_weights[8192] = {
    102, 12, -25, 20, -7, -29, 127, 37, 61, -55, 43, -127, 76, 2, 41, 23, -2, -102, -51, -35, 52, -6, -14, 14, -38,
    -7, 38, -107, 32, -48, -38, -19, 63, 32, -27, -31, 28, -6, 45, -21, 22, -12, 62, -27, 40, -38, 60, -6, 10, -16,
    19, 44, 33, -55, 3, -11, -9, 3, 6, -2, 6, -12, -6, 20, 54, -7, -19, -22, -25, 21, 8, -46, 13, -72, 49, -5, 10,
    ... 307 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_13_conv_bias[32] = {
    340674, -541060, 649, -122060, -508975, -103762, 268358, 62761, 183109, 217654, 253428, 590251, -85497, -130367,
    251065, 283629, 252957, -318672, -134511, 195742, 223540, 324415, 128714, -190635, 146369, 390646, 159365,
    126332, -333696, 144180, 125936, 343454,
};
/* by output channel */
static const int32_t tilenet_m_13_conv_multiplier[32] = {
    1730753024, 1571160704, 1692100608, 1213943168, 1900106112, 1486849536, 1237826048, 1597166592, 1150720256,
    1729966464, 1084657664, 2004063872, 1368521088, 1151435264, 1098580736, 1743943808, 2102009472, 1683669760,
    1185655552, 1478742272, 1116051072, 1192523648, 1879728768, 2080683904, 1109343616, 1428509056, 1100569472,
    ... 1 more lines
};
/* by output channel */
static const int8_t tilenet_m_13_conv_shift[32] = {
    -11, -11, -9, -9, -11, -9, -9, -9, -9, -9, -8, -10, -9, -9, -8, -10, -9, -11, -9, -9, -9, -9, -9, -10, -9, -10,
    -9, -9, -10, -8, -9, -11,
};
static const hairline_conv_op tilenet_m_13_conv = {
    .window = {
        .in_h = 4, .in_w = 4, .in_rows = 4, .in_c = 16,
        .out_h = 1, .out_w = 1, .out_rows = 1, .out_c = 32,
        .kernel_h = 4, .kernel_w = 4,
        .stride_h = 3, .stride_w = 3,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .rescale = {tilenet_m_13_conv_multiplier, tilenet_m_13_conv_shift, .zero_point = -128, .low = -128, .high = 127},
    .weights = tilenet_m_13_conv_weights,
    .bias = tilenet_m_13_conv_bias,
    .in_zero_point = -128,
    .quick = 0,
};

/* 14: Conv -> tensor 45 [1][1][1] StatefulPartitionedCall_1:0 */
/* pairs of channels, pairs of taps: [1][16][4] */
static const int8_t tilenet_m_14_conv_weights[64] = {
    74, 0, -74, 0, 51, 0, 99, 0, 126, 0, 91, 0, -84, 0, -71, 0, -10, 0, 79, 0, 48, 0, -12, 0, -72, 0, 88, 0, -86, 0,
    71, 0, 52, 0, -100, 0, -98, 0, 57, 0, 27, 0, 73, 0, -39, 0, -91, 0, 116, 0, -68, 0, 127, 0, -93, 0, 69, 0, -22,
    0, 68, 0, 115, 0,
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_14_conv_bias[1] = {
    42652,
};
/* by output channel */
static const int32_t tilenet_m_14_conv_multiplier[1] = {
    1707811065,
};
/* by output channel */
static const int8_t tilenet_m_14_conv_shift[1] = {
    -10,
};
static const hairline_conv_op tilenet_m_14_conv = {
    .window = {
        .in_h = 1, .in_w = 1, .in_rows = 1, .in_c = 32,
        .out_h = 1, .out_w = 1, .out_rows = 1, .out_c = 1,
        .kernel_h = 1, .kernel_w = 1,
        .stride_h = 1, .stride_w = 1,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .rescale = {tilenet_m_14_conv_multiplier, tilenet_m_14_conv_shift, .zero_point = 0, .low = -128, .high = 127},
    .weights = tilenet_m_14_conv_weights,
    .bias = tilenet_m_14_conv_bias,
    .in_zero_point = -128,
    .quick = 0,
};

static void tilenet_m_chain_0(int8_t *arena)
{
    int made_0 = 0; /* rows of tensor 31 [47][47][16] sequential_1_1/tilenet_m_1/c1_relu_1/Rel, 3 kept */
    int made_1 = 0; /* rows of tensor 32 [45][45][24] sequential_1_1/tilenet_m_1/c2_relu_1/Rel, 3 kept */
    int made_2 = 0; /* rows of tensor 33 [22][22][32] sequential_1_1/tilenet_m_1/c3_relu_1/Rel, 22 kept */
    while (made_2 < 22) {
        const int need_2 = hairline_min(made_2 * 2 + 3, 45);
        while (made_1 < need_2) {
            const int need_1 = hairline_min(made_1 * 1 + 3, 47);
            while (made_0 < need_1) {
                hairline_conv_relu_dsp(&tilenet_m_0_conv, arena + 0, arena + 30896, made_0, made_0 + 1, arena + 33152);
                TRACE(31, arena + 30896, 3, 752, made_0, made_0 + 1);
                made_0 = made_0 + 1;
            }
            hairline_conv_relu_dsp(&tilenet_m_1_conv, arena + 30896, arena + 27648, made_1, made_1 + 1, arena + 33152);
            TRACE(32, arena + 27648, 3, 1080, made_1, made_1 + 1);
            made_1 = made_1 + 1;
        }
        hairline_conv_relu_dsp(&tilenet_m_2_conv, arena + 27648, arena + 0, made_2, made_2 + 1, arena + 33152);
        TRACE(33, arena + 0, 22, 704, made_2, made_2 + 1);
        made_2 = made_2 + 1;
    }
}

int tilenet_m_run(const int8_t *input, int8_t *output, int8_t *arena)
{
    if (arena == NULL || (uintptr_t)arena % 16 != 0)
        return HAIRLINE_BAD_ARENA;
    if (input != arena + 0)
        memcpy(arena + 0, input, 27648);

    tilenet_m_chain_0(arena); /* tensor 33 [22][22][32] sequential_1_1/tilenet_m_1/c3_relu_1/Rel at 0 */

    /* tensor 34 [20][20][32] sequential_1_1/tilenet_m_1/s4_dw_relu_1/ */
    hairline_depthwise_dsp(&tilenet_m_3_depthwise, arena + 0, arena + 15488, 0, 20, arena + 28288);
    TRACE(34, arena + 15488, 20, 640, 0, 20);

    /* tensor 35 [20][20][48] sequential_1_1/tilenet_m_1/s4_relu_1/Rel */
    hairline_conv_relu_dsp(&tilenet_m_4_conv, arena + 15488, arena + 0, 0, 20, arena + 28288);
    TRACE(35, arena + 0, 20, 960, 0, 20);

    /* tensor 36 [10][10][64] sequential_1_1/tilenet_m_1/c5_relu_1/Rel */
    hairline_conv_relu_dsp(&tilenet_m_5_conv, arena + 0, arena + 19200, 0, 10, arena + 25600);
    TRACE(36, arena + 19200, 10, 640, 0, 10);

    /* tensor 37 [8][8][64] sequential_1_1/tilenet_m_1/s6_dw_relu_1/ */
    hairline_depthwise_dsp(&tilenet_m_6_depthwise, arena + 19200, arena + 0, 0, 8, arena + 4096);
    TRACE(37, arena + 0, 8, 512, 0, 8);

    /* tensor 38 [8][8][64] sequential_1_1/tilenet_m_1/s6_relu_1/Rel */
    hairline_conv_relu_dsp(&tilenet_m_7_conv, arena + 0, arena + 4096, 0, 8, arena + 8192);
    TRACE(38, arena + 4096, 8, 512, 0, 8);

    /* tensor 39 [6][6][64] sequential_1_1/tilenet_m_1/s7_dw_relu_1/ */
    hairline_depthwise_dsp(&tilenet_m_8_depthwise, arena + 4096, arena + 0, 0, 6, arena + 2304);
    TRACE(39, arena + 0, 6, 384, 0, 6);

    /* tensor 40 [6][6][64] sequential_1_1/tilenet_m_1/s7_relu_1/Rel */
    hairline_conv_relu_dsp(&tilenet_m_9_conv, arena + 0, arena + 2304, 0, 6, arena + 4608);
    TRACE(40, arena + 2304, 6, 384, 0, 6);

    /* tensor 41 [4][4][64] sequential_1_1/tilenet_m_1/s8_dw_relu_1/ */
    hairline_depthwise_dsp(&tilenet_m_10_depthwise, arena + 2304, arena + 1152, 0, 4, arena + 0);
    TRACE(41, arena + 1152, 4, 256, 0, 4);

    /* tensor 42 [4][4][64] sequential_1_1/tilenet_m_1/s8_relu_1/Rel */
    hairline_conv_relu_dsp(&tilenet_m_11_conv, arena + 1152, arena + 0, 0, 4, arena + 2176);
    TRACE(42, arena + 0, 4, 256, 0, 4);

    /* tensor 43 [4][4][16] sequential_1_1/tilenet_m_1/evidence_relu */
    hairline_conv_relu_dsp(&tilenet_m_12_conv, arena + 0, arena + 1664, 0, 4, arena + 1024);
    TRACE(43, arena + 1664, 4, 64, 0, 4);

    /* tensor 44 [1][1][32] sequential_1_1/tilenet_m_1/head_relu_1/R */
    hairline_dense_dsp(&tilenet_m_13_conv, arena + 1664, arena + 0, 0, 1, arena + 0);
    TRACE(44, arena + 0, 1, 32, 0, 1);

    /* tensor 45 [1][1][1] StatefulPartitionedCall_1:0 */
    hairline_dense_dsp(&tilenet_m_14_conv, arena + 0, arena + 32, 0, 1, arena + 0);
    TRACE(45, arena + 32, 1, 1, 0, 1);

    memcpy(output, arena + 32, 1);
    return HAIRLINE_OK;
}
