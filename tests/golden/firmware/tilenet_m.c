/* tilenet_m: tables, then tilenet_m_run, a list of calls in the order in which they run.
 *
 * Made by: hairline firmware export
 * Hairline 0.1.0, from a .tflite with SHA-256
 * 1ade974bdd1b79b6720907f2f7b0240ca235ec2731e8e3880b2005206052e494
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

/* 0: Conv -> tensor 25 [47][47][16] sequential_1/tilenet_m_1/c1_relu_1/Relu6 */
/* pairs of channels, pairs of taps: [8][24][4] */
static const int8_t tilenet_m_0_conv_weights[768] = {
    -103, -22, -45, -53, -56, -26, -101, -100, -127, -77, -37, -73, -84, -71, -41, -52, -82, -124, -108, -22, -29,
    -66, -91, -8, -60, 56, -51, 37, -50, 77, 49, -18, 40, 2, -24, -65, 28, -37, 39, -72, -68, 7, -16, -99, -23, -56,
    -15, -91, -3, 108, 72, 108, -22, 99, 86, 103, 82, 23, 90, 3, 87, 51, 51, -30, -10, -15, -28, -22, 70, -80, -10,
    ... 28 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_0_conv_bias[16] = {
    1172, -20, -4226, 1301, 6640, 2632, -17299, -52952, -66237, -54337, 1818, 1173, -4928, 4598, 1967, 4145,
};
/* by output channel */
static const int32_t tilenet_m_0_conv_multiplier[16] = {
    1154933057, 1240841621, 1779114225, 1440184212, 1389226373, 1648169348, 1464771651, 1321394419, 2132856338,
    1267268885, 1722903556, 1379269643, 1301527710, 1243076016, 1188801222, 1448389432,
};
/* by output channel */
static const int8_t tilenet_m_0_conv_shift[16] = {
    -7, -7, -8, -7, -8, -9, -10, -10, -11, -10, -8, -8, -8, -7, -7, -7,
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

/* 1: Conv -> tensor 26 [45][45][24] sequential_1/tilenet_m_1/c2_relu_1/Relu6 */
/* pairs of channels, pairs of taps: [12][72][4] */
static const int8_t tilenet_m_1_conv_weights[3456] = {
    36, -31, 19, 27, 44, 45, -60, 40, -96, -43, -20, -12, -1, -63, -14, -49, 43, -44, 19, 116, 5, -12, -34, 45, -21,
    -2, -15, 10, -127, 6, -12, 87, 51, 23, -5, 36, 62, -70, -114, 13, -96, -8, 10, 30, -31, 10, -20, 15, 17, -62,
    15, 49, -41, -55, 1, -8, -22, -59, 26, 65, -71, -76, -13, -45, 32, 19, -34, -7, 32, -11, -50, -17, 19, -26, 1,
    ... 134 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_1_conv_bias[24] = {
    -57440, 55773, -235526, -21414, 26989, -85366, -147880, -186160, -39969, -57799, 97416, -166317, 17799, -56535,
    -17845, -111456, -81935, -9868, -10474, 12686, -107724, -193079, -16314, -105193,
};
/* by output channel */
static const int32_t tilenet_m_1_conv_multiplier[24] = {
    1448825344, 1544550912, 1175045120, 1766901504, 1752617088, 1360664448, 1371024896, 1747575424, 2043981952,
    2109912576, 1932453120, 1545740800, 1665540736, 1731138688, 1087687936, 1754057216, 1633481600, 1288500608,
    1872643968, 1168608128, 1538423296, 1601072768, 1480679936, 1185433856,
};
/* by output channel */
static const int8_t tilenet_m_1_conv_shift[24] = {
    -8, -9, -9, -8, -9, -8, -9, -9, -9, -9, -9, -9, -8, -9, -8, -9, -9, -8, -9, -8, -9, -9, -9, -8,
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

/* 2: Conv -> tensor 27 [22][22][32] sequential_1/tilenet_m_1/c3_relu_1/Relu6 */
/* pairs of channels, pairs of taps: [16][108][4] */
static const int8_t tilenet_m_2_conv_weights[6912] = {
    -37, -55, -29, 3, -22, 21, -34, 47, -109, -29, -35, -61, -10, -37, -6, 31, 37, 51, -36, 72, -3, -47, -15, -8, 2,
    36, -30, 70, -37, -31, 40, -57, 25, -5, -72, -35, -68, 76, 12, -26, -36, -28, 12, 37, 3, -42, -28, 42, 21, 38,
    16, -36, -80, 25, -74, 6, -54, -26, -8, -98, 13, 25, 38, 2, 36, 60, -66, 5, -16, -37, -5, -12, 2, 59, -61, 3,
    ... 268 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_2_conv_bias[32] = {
    -41332, 151831, -284992, -108962, -27195, -169358, -286076, -98939, -75280, 38613, -207528, -58711, -13589,
    -217071, -108615, -135463, 377949, -13085, -171124, -25248, 144089, 451667, 68873, -71366, 116305, 398198,
    34958, 92611, -141700, -114385, -141757, -149072,
};
/* by output channel */
static const int32_t tilenet_m_2_conv_multiplier[32] = {
    1288832384, 1753320192, 1171307904, 1792062080, 1758946304, 1317005056, 1165760000, 1477753984, 1873112064,
    1387008512, 1965970688, 1606655360, 2111682432, 1536338176, 1279876352, 1156040832, 1397829760, 1457858944,
    2109248256, 1720873600, 1336137856, 1887422080, 2043564800, 1582459904, 1672413056, 1956291200, 1482022272,
    ... 1 more lines
};
/* by output channel */
static const int8_t tilenet_m_2_conv_shift[32] = {
    -9, -9, -9, -9, -9, -9, -8, -9, -9, -9, -9, -9, -9, -9, -9, -9, -9, -8, -10, -9, -9, -10, -10, -9, -9, -10, -9,
    -10, -9, -9, -9, -9,
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

/* 3: Depthwise -> tensor 28 [20][20][32] sequential_1/tilenet_m_1/s4_dw_relu_1/Re */
/* four channels: weights, biases, rescaling: [8][27] */
static const int32_t tilenet_m_3_depthwise_weights[216] = {
    6094786, -7209009, -5832738, -4194348, 4915286, 8323119, 2228097, 4849684, -3211238, 2490241, -1638343,
    -1834999, -8257638, 4784176, 6881305, -5570509, -4194269, -5570577, -11834, -6980, -5759, -8519, 2028152960,
    1647418240, 2132080384, 1962484096, 101123334, 130998, 4325447, -3276925, 8388481, -6553647, 6750147, 4849739,
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

/* 4: Conv -> tensor 29 [20][20][48] sequential_1/tilenet_m_1/s4_relu_1/Relu6 */
/* pairs of channels, pairs of taps: [24][16][4] */
static const int8_t tilenet_m_4_conv_weights[1536] = {
    21, -85, 11, 35, -93, -54, -24, 89, -18, 33, -34, -45, -58, -34, 24, -55, -49, 5, -17, -32, 52, -90, -78, -80,
    -63, -82, 64, -122, -73, 56, -54, -87, 29, -34, 29, 15, -73, -19, 32, 14, -74, -56, -3, -7, 102, 48, -101, 92,
    -34, 28, -127, -93, -106, -126, -65, -20, 80, -79, 29, 127, -1, -70, -82, -8, -97, -6, -33, -15, -27, 24, -47,
    ... 60 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_4_conv_bias[48] = {
    -84704, -85438, -1086, -33336, -29455, -36580, -71970, -31358, -54514, -41245, -114379, -50966, -29229, -31897,
    -52279, -78826, -52484, 100911, -48229, -7925, -37647, -35633, -51257, -5875, 353, -45647, -65219, -28311,
    -53775, -56872, -51460, 50992, -73807, 3652, -51872, -33771, -16872, -97558, -1094, -51181, -69706, -54564,
    ... 1 more lines
};
/* by output channel */
static const int32_t tilenet_m_4_conv_multiplier[48] = {
    1201165312, 2127510144, 1492784256, 1546722304, 1281418752, 1437811328, 1138459392, 1184629248, 1459462528,
    1378719104, 1728563328, 1672657024, 1164380160, 1141299072, 1412770944, 1330797312, 1701116672, 2019626880,
    1694092544, 1686268288, 1525105280, 1333969408, 2021775872, 1966806400, 1227258880, 1086838912, 1917613440,
    ... 3 more lines
};
/* by output channel */
static const int8_t tilenet_m_4_conv_shift[48] = {
    -7, -8, -7, -7, -7, -7, -7, -7, -7, -7, -8, -7, -7, -7, -7, -7, -7, -8, -7, -7, -7, -7, -8, -8, -7, -7, -8, -7,
    -7, -7, -7, -7, -8, -7, -7, -7, -8, -7, -7, -7, -7, -8, -8, -7, -8, -7, -7, -7,
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

/* 5: Conv -> tensor 30 [10][10][64] sequential_1/tilenet_m_1/c5_relu_1/Relu6 */
/* pairs of channels, pairs of taps: [32][96][4] */
static const int8_t tilenet_m_5_conv_weights[12288] = {
    13, -14, -44, -51, 29, -105, -43, 35, -39, -36, -77, 59, -55, -92, -35, 0, -13, -34, -59, -86, -54, 48, -46,
    -10, -1, 36, 44, -63, 36, 71, -22, 70, -7, -25, -42, -8, -46, -85, 13, 13, 12, 87, -46, 2, -16, 20, 13, 17, -24,
    -19, 37, -42, 12, -13, -11, 27, 41, -20, -10, -27, -60, 27, -3, -44, 0, 46, 12, 14, -23, -111, -20, -8, -11, -1,
    ... 478 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_5_conv_bias[64] = {
    -102586, -25620, 48981, 70648, 312891, -46881, 106940, -10462, 164662, -109430, 57532, -37451, -331367, -16763,
    -17133, -251472, -50922, -159244, 346172, 96279, -224209, 7025, 74861, 127163, 133641, 13540, -80509, -101393,
    -157902, -83958, -79464, -120585, -172150, 223333, -170211, 125952, -31237, 116953, 18343, 134893, 2138, 34356,
    ... 2 more lines
};
/* by output channel */
static const int32_t tilenet_m_5_conv_multiplier[64] = {
    1173423360, 1859786752, 1090360064, 1443636864, 1122566784, 1441855104, 2126056192, 1317020544, 2138610560,
    1195819648, 1193935232, 2040788736, 1907682176, 1162920192, 1180342656, 1677694720, 2021991168, 1862933760,
    1672198784, 1654999680, 1837486464, 1641678592, 1320991488, 1410128128, 1484071552, 1482514816, 1271386496,
    ... 5 more lines
};
/* by output channel */
static const int8_t tilenet_m_5_conv_shift[64] = {
    -8, -9, -8, -8, -8, -9, -9, -8, -10, -8, -8, -9, -9, -8, -8, -9, -9, -9, -9, -9, -9, -9, -8, -8, -8, -9, -8, -9,
    -9, -9, -9, -9, -7, -9, -9, -8, -8, -9, -8, -8, -9, -9, -8, -9, -8, -9, -8, -8, -8, -9, -9, -8, -8, -9, -9, -9,
    -9, -8, -9, -9, -8, -9, -9, -8,
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

/* 6: Depthwise -> tensor 31 [8][8][64] sequential_1/tilenet_m_1/s6_dw_relu_1/Re */
/* four channels: weights, biases, rescaling: [16][27] */
static const int32_t tilenet_m_6_depthwise_weights[432] = {
    -2228265, -1638501, -6422611, -131113, -6946723, -1638491, -2621425, -786539, -8323054, -1114016, 5242901,
    -720889, -7602112, 8323183, 1179637, -917377, -4718719, -3407912, -6746, -55730, -3642, -4297, 1429641344,
    2089614080, 1179780736, 1669582080, 101058566, 4522111, 3080065, 2490341, 4259784, -3538937, -4849663, 3342258,
    ... 34 more lines
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

/* 7: Conv -> tensor 32 [8][8][96] sequential_1/tilenet_m_1/s6_relu_1/Relu6 */
/* pairs of channels, pairs of taps: [48][32][4] */
static const int8_t tilenet_m_7_conv_weights[6144] = {
    42, 4, 53, -10, -62, -78, -45, 10, -127, 21, -14, 92, -9, 22, -57, -52, -43, 34, -21, -40, -30, -31, -5, 60,
    -65, 26, -46, -26, 48, -31, -54, 26, -60, -43, -31, -89, 103, 43, 37, -13, -30, 1, -17, -30, 10, -1, -57, 49,
    -90, 37, -105, -102, 7, 65, -20, 46, 23, 48, 8, 11, 26, -2, -26, 33, -50, -60, 111, -40, -49, -127, -13, 11, 3,
    ... 239 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_7_conv_bias[96] = {
    -93308, 7071, 29902, -83947, -87416, 80001, -12943, 21879, 50437, -8754, -6569, -103247, -4978, 20534, 74335,
    99300, 123640, -4614, -45916, -72482, 50608, 16387, 24354, 55543, -39677, 73015, 79343, 26965, -55762, 42062,
    -7535, 110290, 36982, -50621, 131998, 44438, -84573, 44427, -6900, -38726, -3120, -75728, 63393, -140228,
    ... 4 more lines
};
/* by output channel */
static const int32_t tilenet_m_7_conv_multiplier[96] = {
    1435886336, 2139366144, 1251922176, 1365941120, 1172367104, 1600729728, 1750643968, 1684745088, 1505944704,
    1431714176, 1783651840, 1831558400, 1935014784, 1368160128, 1209018368, 1446253568, 1135792384, 1131774080,
    1817227520, 1185601664, 1353060736, 1545703168, 1828420992, 1434496256, 1847693952, 1416476672, 1792787968,
    ... 8 more lines
};
/* by output channel */
static const int8_t tilenet_m_7_conv_shift[96] = {
    -8, -8, -7, -8, -8, -8, -8, -7, -8, -8, -8, -8, -8, -7, -7, -8, -8, -7, -8, -8, -8, -7, -8, -8, -8, -8, -8, -9,
    -8, -7, -8, -8, -8, -8, -8, -8, -8, -8, -8, -7, -8, -8, -7, -8, -8, -8, -8, -7, -8, -7, -8, -8, -8, -7, -8, -8,
    -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -7, -8, -8, -8, -8, -8, -8, -8, -7, -8, -8, -8, -8, -9, -8,
    ... 1 more lines
};
static const hairline_conv_op tilenet_m_7_conv = {
    .window = {
        .in_h = 8, .in_w = 8, .in_rows = 8, .in_c = 64,
        .out_h = 8, .out_w = 8, .out_rows = 8, .out_c = 96,
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

/* 8: Depthwise -> tensor 33 [6][6][96] sequential_1/tilenet_m_1/s7_dw_relu_1/Re */
/* four channels: weights, biases, rescaling: [24][27] */
static const int32_t tilenet_m_8_depthwise_weights[648] = {
    -6160340, -4587425, -4980730, -3866638, -4325444, -4849771, -3342316, -8322977, -720874, 720896, -2621452,
    196481, -5373825, 917569, -6291372, -2031644, -8323000, -655450, 32491, -68062, -14544, -39352, 1175720960,
    2078669184, 2031373056, 1436460288, 101124102, -3866637, -8323067, -8060904, 5242822, -8323044, 2752385, 589837,
    ... 54 more lines
};
static const hairline_conv_op tilenet_m_8_depthwise = {
    .window = {
        .in_h = 8, .in_w = 8, .in_rows = 8, .in_c = 96,
        .out_h = 6, .out_w = 6, .out_rows = 6, .out_c = 96,
        .kernel_h = 3, .kernel_w = 3,
        .stride_h = 1, .stride_w = 1,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .weights = tilenet_m_8_depthwise_weights,
    .in_zero_point = -128,
};

/* 9: Conv -> tensor 34 [6][6][48] sequential_1/tilenet_m_1/s7_relu_1/Relu6 */
/* pairs of channels, pairs of taps: [24][48][4] */
static const int8_t tilenet_m_9_conv_weights[4608] = {
    75, 51, -49, -12, 18, 4, -31, -62, 22, -9, 35, 43, 25, 43, 0, 62, -78, 10, 105, -20, 2, 12, 40, -12, 65, 12,
    -44, 1, 41, -10, 4, -51, -126, 29, 66, 49, -87, -32, 45, 28, 52, -59, 64, -13, 56, -11, -60, 16, 3, 31, 75, 41,
    109, 16, -45, -19, 25, 5, -30, 25, -48, 26, 22, 14, 33, 13, -26, -22, -64, -13, -12, 24, -37, -68, 38, -42, -28,
    ... 180 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_9_conv_bias[48] = {
    85042, 97186, -64991, -78967, -73436, 158441, 180544, 162263, 27156, -119506, -97958, -320880, -71947, 78026,
    -232154, 87851, -64544, 98121, 42738, -31358, 28634, -27232, 40366, -123015, 189020, -15035, -56651, -54211,
    -4756, -125879, -19199, -131438, 95430, 33113, -184959, -33607, 27857, -129963, -92028, 30805, 69649, -68249,
    ... 1 more lines
};
/* by output channel */
static const int32_t tilenet_m_9_conv_multiplier[48] = {
    1863803520, 1757793536, 1302252416, 1081608704, 2026238464, 1479187840, 1688230144, 1510258560, 1334869504,
    1205322880, 1609164032, 1359688704, 1093125376, 1845482624, 2118326656, 1093892736, 1257020288, 1958915072,
    1225175808, 1247016320, 1452372352, 1102957184, 1219623040, 2035251456, 1307162112, 1973907072, 2140418176,
    ... 3 more lines
};
/* by output channel */
static const int8_t tilenet_m_9_conv_shift[48] = {
    -9, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -9, -8, -9, -9, -7, -8, -8, -7, -8, -8, -8, -8, -9, -8, -9, -9, -8,
    -8, -9, -8, -8, -8, -8, -9, -8, -8, -9, -8, -9, -8, -9, -8, -8, -9, -8, -9, -9,
};
static const hairline_conv_op tilenet_m_9_conv = {
    .window = {
        .in_h = 6, .in_w = 6, .in_rows = 6, .in_c = 96,
        .out_h = 6, .out_w = 6, .out_rows = 6, .out_c = 48,
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

/* 10: Conv -> tensor 35 [1][1][48] sequential_1/tilenet_m_1/head_relu_1/Rel */
/* pairs of channels, pairs of taps: [24][864][4] */
static const int8_t tilenet_m_10_conv_weights[82944] = {
    -23, -6, 100, 7, 85, 29, 64, 11, -32, 73, 4, 39, -8, -28, 48, -8, -14, -29, 79, -91, 73, -28, 25, 11, 53, -16,
    29, 37, 78, -54, -25, 21, -23, 40, -72, 28, -25, 33, -3, 68, 0, 69, 98, -41, 56, -24, -7, 29, -47, 65, 62, 9,
    -22, 20, 51, -16, 33, -18, 35, -25, -14, 70, 9, -9, 24, 11, 69, 2, -38, 2, -21, -27, 1, -20, -47, -16, 48, -25,
    ... 3094 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_10_conv_bias[48] = {
    2767183, 1048297, 141741, -1116091, 836868, -649386, 486017, 465252, 2263562, -141660, -541857, -54061, 1870202,
    404002, -959524, -88346, -23179, -67281, 1105811, 2199919, -408012, 358176, -430149, 71492, 1735605, 558886,
    908697, 643640, 228089, -270202, -431058, 383949, 132398, -3632487, -1060948, -826433, -837678, -17451, 357494,
    ... 1 more lines
};
/* by output channel */
static const int32_t tilenet_m_10_conv_multiplier[48] = {
    1733187968, 1102949376, 1173705728, 1609097088, 1083746560, 1239691520, 1285580032, 1265162624, 2029519104,
    1646613760, 2101456000, 1790333184, 2028698240, 1518965888, 2006846208, 1708690816, 1938745728, 1851332096,
    1147433856, 1101347200, 1184740736, 1227462016, 1690803200, 1590127104, 1506376832, 1179554304, 1741779584,
    ... 3 more lines
};
/* by output channel */
static const int8_t tilenet_m_10_conv_shift[48] = {
    -12, -11, -10, -10, -11, -9, -11, -12, -12, -12, -10, -10, -13, -10, -10, -11, -10, -10, -11, -11, -9, -11, -10,
    -10, -12, -10, -12, -11, -11, -9, -9, -11, -9, -13, -10, -11, -10, -10, -10, -10, -10, -9, -12, -12, -10, -9,
    -11, -10,
};
static const hairline_conv_op tilenet_m_10_conv = {
    .window = {
        .in_h = 6, .in_w = 6, .in_rows = 6, .in_c = 48,
        .out_h = 1, .out_w = 1, .out_rows = 1, .out_c = 48,
        .kernel_h = 6, .kernel_w = 6,
        .stride_h = 3, .stride_w = 3,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .rescale = {tilenet_m_10_conv_multiplier, tilenet_m_10_conv_shift, .zero_point = -128, .low = -128, .high = 127},
    .weights = tilenet_m_10_conv_weights,
    .bias = tilenet_m_10_conv_bias,
    .in_zero_point = -128,
    .quick = 0,
};

/* 11: Conv -> tensor 36 [1][1][1] StatefulPartitionedCall_1:0 */
/* pairs of channels, pairs of taps: [1][24][4] */
static const int8_t tilenet_m_11_conv_weights[96] = {
    -33, 0, 103, 0, 98, 0, -32, 0, 40, 0, 40, 0, -36, 0, 23, 0, -24, 0, -104, 0, 24, 0, 73, 0, 14, 0, -37, 0, 58, 0,
    68, 0, 68, 0, 123, 0, -56, 0, -29, 0, -78, 0, -68, 0, 105, 0, 80, 0, 64, 0, 70, 0, 57, 0, 84, 0, 71, 0, -62, 0,
    -79, 0, 52, 0, 110, 0, -38, 0, 44, 0, 114, 0, -46, 0, 110, 0, 80, 0, -115, 0, 70, 0, 113, 0, -81, 0, 65, 0,
    ... 1 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_11_conv_bias[1] = {
    134292,
};
/* by output channel */
static const int32_t tilenet_m_11_conv_multiplier[1] = {
    1813754226,
};
/* by output channel */
static const int8_t tilenet_m_11_conv_shift[1] = {
    -10,
};
static const hairline_conv_op tilenet_m_11_conv = {
    .window = {
        .in_h = 1, .in_w = 1, .in_rows = 1, .in_c = 48,
        .out_h = 1, .out_w = 1, .out_rows = 1, .out_c = 1,
        .kernel_h = 1, .kernel_w = 1,
        .stride_h = 1, .stride_w = 1,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .rescale = {tilenet_m_11_conv_multiplier, tilenet_m_11_conv_shift, .zero_point = 0, .low = -128, .high = 127},
    .weights = tilenet_m_11_conv_weights,
    .bias = tilenet_m_11_conv_bias,
    .in_zero_point = -128,
    .quick = 0,
};

static void tilenet_m_chain_0(int8_t *arena)
{
    int made_0 = 0; /* rows of tensor 25 [47][47][16] sequential_1/tilenet_m_1/c1_relu_1/Relu6, 3 kept */
    int made_1 = 0; /* rows of tensor 26 [45][45][24] sequential_1/tilenet_m_1/c2_relu_1/Relu6, 3 kept */
    int made_2 = 0; /* rows of tensor 27 [22][22][32] sequential_1/tilenet_m_1/c3_relu_1/Relu6, 22 kept */
    while (made_2 < 22) {
        const int need_2 = hairline_min(made_2 * 2 + 3, 45);
        while (made_1 < need_2) {
            const int need_1 = hairline_min(made_1 * 1 + 3, 47);
            while (made_0 < need_1) {
                hairline_conv_relu_dsp(&tilenet_m_0_conv, arena + 0, arena + 30896, made_0, made_0 + 1, arena + 33152);
                TRACE(25, arena + 30896, 3, 752, made_0, made_0 + 1);
                made_0 = made_0 + 1;
            }
            hairline_conv_relu_dsp(&tilenet_m_1_conv, arena + 30896, arena + 27648, made_1, made_1 + 1, arena + 33152);
            TRACE(26, arena + 27648, 3, 1080, made_1, made_1 + 1);
            made_1 = made_1 + 1;
        }
        hairline_conv_relu_dsp(&tilenet_m_2_conv, arena + 27648, arena + 0, made_2, made_2 + 1, arena + 33152);
        TRACE(27, arena + 0, 22, 704, made_2, made_2 + 1);
        made_2 = made_2 + 1;
    }
}

int tilenet_m_run(const int8_t *input, int8_t *output, int8_t *arena)
{
    if (arena == NULL || (uintptr_t)arena % 16 != 0)
        return HAIRLINE_BAD_ARENA;
    if (input != arena + 0)
        memcpy(arena + 0, input, 27648);

    tilenet_m_chain_0(arena); /* tensor 27 [22][22][32] sequential_1/tilenet_m_1/c3_relu_1/Relu6 at 0 */

    /* tensor 28 [20][20][32] sequential_1/tilenet_m_1/s4_dw_relu_1/Re */
    hairline_depthwise_dsp(&tilenet_m_3_depthwise, arena + 0, arena + 15488, 0, 20, arena + 28288);
    TRACE(28, arena + 15488, 20, 640, 0, 20);

    /* tensor 29 [20][20][48] sequential_1/tilenet_m_1/s4_relu_1/Relu6 */
    hairline_conv_relu_dsp(&tilenet_m_4_conv, arena + 15488, arena + 0, 0, 20, arena + 28288);
    TRACE(29, arena + 0, 20, 960, 0, 20);

    /* tensor 30 [10][10][64] sequential_1/tilenet_m_1/c5_relu_1/Relu6 */
    hairline_conv_relu_dsp(&tilenet_m_5_conv, arena + 0, arena + 19200, 0, 10, arena + 25600);
    TRACE(30, arena + 19200, 10, 640, 0, 10);

    /* tensor 31 [8][8][64] sequential_1/tilenet_m_1/s6_dw_relu_1/Re */
    hairline_depthwise_dsp(&tilenet_m_6_depthwise, arena + 19200, arena + 2560, 0, 8, arena + 0);
    TRACE(31, arena + 2560, 8, 512, 0, 8);

    /* tensor 32 [8][8][96] sequential_1/tilenet_m_1/s6_relu_1/Relu6 */
    hairline_conv_relu_dsp(&tilenet_m_7_conv, arena + 2560, arena + 0, 0, 8, arena + 6656);
    TRACE(32, arena + 0, 8, 768, 0, 8);

    /* tensor 33 [6][6][96] sequential_1/tilenet_m_1/s7_dw_relu_1/Re */
    hairline_depthwise_dsp(&tilenet_m_8_depthwise, arena + 0, arena + 6144, 0, 6, arena + 9600);
    TRACE(33, arena + 6144, 6, 576, 0, 6);

    /* tensor 34 [6][6][48] sequential_1/tilenet_m_1/s7_relu_1/Relu6 */
    hairline_conv_relu_dsp(&tilenet_m_9_conv, arena + 6144, arena + 0, 0, 6, arena + 1728);
    TRACE(34, arena + 0, 6, 288, 0, 6);

    /* tensor 35 [1][1][48] sequential_1/tilenet_m_1/head_relu_1/Rel */
    hairline_dense_dsp(&tilenet_m_10_conv, arena + 0, arena + 1728, 0, 1, arena + 0);
    TRACE(35, arena + 1728, 1, 48, 0, 1);

    /* tensor 36 [1][1][1] StatefulPartitionedCall_1:0 */
    hairline_dense_dsp(&tilenet_m_11_conv, arena + 1728, arena + 0, 0, 1, arena + 0);
    TRACE(36, arena + 0, 1, 1, 0, 1);

    memcpy(output, arena + 0, 1);
    return HAIRLINE_OK;
}
