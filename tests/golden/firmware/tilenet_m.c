/* tilenet_m: tables, then tilenet_m_run, a list of calls in the order in which they run.
 *
 * Made by: hairline firmware export
 * Hairline 0.1.0, from a .tflite with SHA-256
 * 7b9b1aab7feda49635c5ddee0fa1da6e110622679cac36f911915561c7ffec0d
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
    -127, -19, -65, -51, -82, -24, -82, -87, -92, -69, -13, -76, -45, -68, 3, -58, -31, -127, -76, -49, -26, -81,
    -49, -40, -96, 53, -77, 28, -69, 72, 25, -5, 42, 18, -27, -52, 33, -26, 63, -62, -38, 8, 9, -105, -26, -52, 15,
    -96, -62, 95, 18, 89, -68, 88, 36, 108, 48, 28, 59, 18, 55, 52, 41, -22, -17, -2, -12, -25, 52, -69, 6, -15,
    ... 29 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_0_conv_bias[16] = {
    9093, 1862, 782, 3490, 3083, -25488, -10598, -3086, -10801, 3884, -1568, -4066, -84497, 3748, -306, 1413,
};
/* by output channel */
static const int32_t tilenet_m_0_conv_multiplier[16] = {
    1851866234, 2041460940, 1962654892, 1621927298, 1088415374, 1547718050, 1286742300, 1848343494, 1335216099,
    1421443837, 1449009422, 1835567144, 2008967821, 1747382196, 1790136855, 1387758253,
};
/* by output channel */
static const int8_t tilenet_m_0_conv_shift[16] = {
    -9, -7, -7, -7, -7, -9, -8, -8, -9, -8, -7, -8, -11, -7, -8, -7,
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
    40, -3, 101, -53, 47, -19, -61, 21, -88, -44, -43, -23, -21, -59, -43, -68, 34, -9, 85, -20, -38, 59, -2, -27,
    -20, 39, -17, -17, -127, 4, -46, 43, -4, 4, 13, -53, 75, -94, -109, -102, -67, -37, 17, -2, -46, -9, -51, -15,
    -6, -45, -5, -111, -69, -38, 9, -1, -22, -7, -8, -22, -30, -84, 8, 5, 43, -30, -51, -70, 41, -57, -36, -55, 34,
    ... 134 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_1_conv_bias[24] = {
    -71482, -181302, 25750, 1765, -398633, -21250, -110118, -74687, -33451, 1504, -11876, -254221, -18734, 29461,
    -59496, -110630, -108314, -38514, -110169, -88616, -162919, -65299, 44813, 46711,
};
/* by output channel */
static const int32_t tilenet_m_1_conv_multiplier[24] = {
    1341432832, 1619898752, 1884169472, 1261745920, 1224497024, 1369650688, 2019747584, 1132554112, 1332026496,
    1142558720, 1278873856, 1556400512, 1619470720, 1248620416, 1951420800, 1355416576, 1384431232, 1941030144,
    1966763264, 1806195840, 1370083328, 1688574080, 1593764480, 1491848704,
};
/* by output channel */
static const int8_t tilenet_m_1_conv_shift[24] = {
    -8, -9, -10, -8, -9, -8, -9, -8, -8, -8, -9, -9, -8, -9, -9, -8, -9, -8, -9, -9, -9, -9, -9, -9,
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
    38, -17, -4, -44, -8, 37, -16, -89, -1, -19, 3, 9, -9, -32, -51, 45, 6, 1, -61, 16, 29, -58, 46, -4, -33, -77,
    -64, 22, -17, -24, -14, 4, 11, 36, -48, -8, -9, -11, -59, -30, -9, 45, -36, 14, -48, 44, 55, -2, 69, 29, 23,
    -14, -7, 35, -1, 4, 11, -14, 44, -85, 12, -26, -4, 20, -24, 30, -40, -8, 38, -48, 16, 6, 9, 57, -60, 40, -27, 4,
    ... 268 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_2_conv_bias[32] = {
    -57178, -147401, -244595, 293491, -47365, -109032, -119471, -13401, -132942, -42952, 58509, -88936, -451540,
    -197122, 238273, -21021, 122076, 56273, -195314, 349201, -66983, -114992, 250241, -60528, 210487, 152841, 48135,
    -45120, 7737, 1462, -98784, -149797,
};
/* by output channel */
static const int32_t tilenet_m_2_conv_multiplier[32] = {
    1903722880, 1453773824, 1207620864, 1526972928, 1172556032, 1759720576, 1828721024, 1577085824, 1379373184,
    1736562304, 1493703936, 1464605824, 1879551232, 2094893056, 1129292160, 1215703168, 1180325760, 1862978944,
    1467009280, 1727511040, 1504479872, 1615614208, 1527223296, 1891390080, 1928557440, 1202985600, 1287836032,
    ... 1 more lines
};
/* by output channel */
static const int8_t tilenet_m_2_conv_shift[32] = {
    -9, -9, -9, -9, -8, -9, -9, -9, -8, -9, -8, -9, -10, -10, -9, -9, -9, -9, -9, -10, -9, -8, -9, -9, -9, -9, -8,
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
    5373997, -4390988, -5963707, -3145798, 4063359, 6291528, 1507357, 393243, -1638293, 327640, -851904, 8323124,
    -8257597, 6553642, 7471122, -262032, -3473426, 4521857, 44919, -4685, -1265, 28301, 1269494912, 2146378880,
    1237678848, 1799824512, 134546950, -1441805, 262055, -3276827, 4128671, -3211245, 8388566, 2359367, 327724,
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
    -16, -46, 5, 61, -26, -15, 60, -14, -102, 7, -91, -98, -89, 44, 16, -47, -118, -94, -115, -79, 3, -46, -16, -18,
    11, -64, 81, -69, -13, 42, -127, -93, 30, -75, 66, -4, -95, -102, 5, 115, -56, -26, 76, 54, 104, -15, -19, 127,
    -94, 10, -65, -79, -40, -78, -94, 70, 113, -99, 11, 41, -7, -59, -90, -32, -27, 44, -111, -38, -82, -53, 9, 49,
    ... 60 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_4_conv_bias[48] = {
    -79906, -76565, -30440, -46268, -9596, -13663, -66089, 11140, -51047, -38235, -73472, -57765, -2524, -25714,
    -4796, -41653, -5463, 58006, 1733, 7554, -56544, -48686, 4288, -26635, -14907, -42194, -41062, -20973, -38980,
    -31485, -39159, -5660, -46735, 40086, -2564, -42019, 38189, -54087, 26885, -13530, -66691, -114138, -23543,
    ... 1 more lines
};
/* by output channel */
static const int32_t tilenet_m_4_conv_multiplier[48] = {
    2014244352, 1991891456, 1990745216, 1243920640, 1091284608, 1515878016, 1349243776, 1841533440, 1418824704,
    1161935360, 1096994048, 1099187968, 1087398016, 1398673024, 1954551552, 2031522048, 1156384000, 1266017280,
    2042132864, 1195699328, 2101705984, 1359513856, 1112397440, 1405368960, 1230834304, 1451075584, 1217584896,
    ... 3 more lines
};
/* by output channel */
static const int8_t tilenet_m_4_conv_shift[48] = {
    -8, -8, -8, -7, -7, -7, -7, -8, -7, -7, -7, -7, -7, -7, -8, -7, -7, -7, -8, -7, -8, -7, -7, -7, -7, -7, -7, -7,
    -7, -7, -8, -7, -7, -7, -7, -7, -7, -7, -7, -7, -7, -8, -8, -7, -8, -7, -8, -7,
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
    0, -6, -26, -3, 3, -9, -33, -18, -14, 4, -47, 21, 4, 4, -27, -55, -21, -50, -73, -37, -16, 5, 23, -54, -16, 32,
    82, -6, 37, -49, 23, 104, 102, 23, 54, 29, -45, -39, 29, -20, 2, 38, 26, 7, -4, 13, 53, -30, 10, -8, 57, 92, 13,
    -41, -4, -43, -55, -38, -33, -55, -122, 18, 27, -32, -46, -26, 45, -23, 15, -100, -21, 49, 9, 43, 33, 10, -15,
    ... 481 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_5_conv_bias[64] = {
    102241, -17469, 274265, -254131, -283235, -5968, 12784, 195644, -121227, 19589, -224229, -160249, 115841,
    -70159, -376142, -188049, -248241, -114280, 233044, -172967, -55524, -232582, -75859, 54262, -52985, 62088,
    71309, -287891, 8117, 52428, 224401, 96325, 124740, -27678, -145128, 36808, 118431, -7069, -311797, -168022,
    ... 2 more lines
};
/* by output channel */
static const int32_t tilenet_m_5_conv_multiplier[64] = {
    1691458048, 1232187136, 1486404096, 1230988544, 1367015680, 1095784576, 1692040064, 1831922432, 1652805632,
    1711906176, 1793706880, 1611055616, 1668466816, 1382263040, 2051096320, 2096553216, 1972364672, 1961013120,
    1497627392, 1188918784, 1478725888, 2018985856, 1575876480, 1686024064, 1304482816, 1083436544, 1475212416,
    ... 5 more lines
};
/* by output channel */
static const int8_t tilenet_m_5_conv_shift[64] = {
    -9, -8, -9, -9, -9, -8, -9, -9, -8, -9, -9, -9, -9, -9, -10, -9, -10, -9, -9, -9, -9, -9, -9, -9, -9, -8, -9,
    -9, -9, -9, -9, -9, -9, -9, -9, -8, -9, -9, -9, -8, -8, -9, -9, -8, -9, -9, -9, -9, -9, -9, -8, -8, -8, -9, -9,
    -8, -9, -9, -9, -8, -9, -9, -9, -9,
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
    3538908, 5439462, 2097131, 1245165, -6225924, 8388537, -4915197, -655327, -3670006, -3473497, 720875, 3538817,
    -8322945, 2097232, -655376, -3211198, 1114006, -4849581, -8395, -27362, -7550, 15505, 1516840704, 1671346944,
    1722449792, 1244310272, 84346630, 8323092, -3539071, 8191961, 393150, 1441856, -1441789, 4128641, -1900498,
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
    -5, -33, -15, -1, -42, 1, 108, -18, 51, 34, -78, -30, -23, 67, -26, 34, 71, -42, -12, -12, 26, -30, -39, -23,
    30, 47, 26, -37, 70, -42, -31, 14, 50, 9, 5, -14, -75, 23, 63, 100, 4, -13, 64, 34, -84, -77, 32, -57, -21, -54,
    127, -29, 43, 9, -2, -11, 83, -27, -62, -69, -38, -54, 88, 4, 0, -30, 34, -12, 0, 11, 29, -14, -8, -36, 26, -55,
    ... 159 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_7_conv_bias[64] = {
    83859, -67531, -17417, -147627, -63990, 45014, 46877, -20236, 18422, -104133, -82421, -55994, 141757, -2618,
    -86015, 61516, -20373, -87742, -24057, -70516, 26305, -49969, 43029, -40945, 33522, -20571, 25732, 8380, 30413,
    69666, 49806, 84492, 50291, 103269, -15376, -91032, 114769, -74996, -29439, -6567, 52708, -746, -64121, -128931,
    ... 2 more lines
};
/* by output channel */
static const int32_t tilenet_m_7_conv_multiplier[64] = {
    1565534464, 1735475200, 1681550848, 1694782592, 1194798976, 1287339392, 1570002304, 1256033408, 1584897792,
    1441738112, 1637422976, 1344081536, 1508139392, 1868517632, 1302715520, 1958951936, 1248905344, 1366591616,
    1939858560, 1172540800, 1513324544, 1686255104, 1511089536, 1660950912, 1130392960, 1518035840, 1165440896,
    ... 5 more lines
};
/* by output channel */
static const int8_t tilenet_m_7_conv_shift[64] = {
    -8, -8, -8, -8, -8, -8, -8, -7, -8, -8, -8, -8, -8, -8, -8, -8, -7, -8, -8, -8, -8, -8, -8, -8, -7, -8, -7, -8,
    -8, -8, -8, -8, -7, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -7, -8, -7, -8, -7, -8, -8,
    -8, -8, -8, -8, -7, -8, -7, -8,
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
    -6160414, -1965953, -8323059, 2621553, 1900671, -2162606, 3276803, -5767187, 4128777, -3801133, 4390935,
    -851997, -3276807, 5570438, -917519, -851972, 4259827, -8257621, 12137, -1995, 1993, -26812, 1313720192,
    2126549760, 2142865024, 1386998656, 101123846, 2228262, -8257565, 458774, -3735531, 8388526, -7077800, -1245123,
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
    76, 48, -55, -31, 16, 16, -44, 7, -18, 47, 15, -66, 101, 0, -89, 69, 15, -44, -59, 1, 40, 58, -8, -103, -19,
    -25, -6, -56, -65, 95, 71, -110, 124, 52, -38, 93, -6, 0, 11, 28, -116, 55, 12, 50, -17, 16, -23, 108, 44, 101,
    127, 49, -55, 38, -61, -15, -39, -52, -11, 88, -20, -29, 40, 71, -50, -1, 32, -75, -25, 83, 11, 32, -90, 54,
    ... 158 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_9_conv_bias[64] = {
    -42314, 95592, -16443, -35678, 7352, 19587, 154465, 119310, 73647, 21606, 91623, -29786, 58103, 92897, -40900,
    81050, 56964, 112679, 60739, -18858, 15593, 55304, 118210, -16891, 100602, -52134, 43724, 13806, 79421, 94387,
    -63409, -70492, 109797, 30951, -104223, 96370, -75322, -28221, -83519, -29251, -51466, 30896, 40238, 58123,
    ... 2 more lines
};
/* by output channel */
static const int32_t tilenet_m_9_conv_multiplier[64] = {
    1371936256, 2115182080, 1769158272, 1486836864, 1435244672, 1675720320, 1151041024, 1167362944, 1991541760,
    1097680640, 1406091008, 1737310208, 1463027840, 1299697152, 1129127040, 1771357312, 1668954112, 1422713088,
    1461528960, 1898857216, 2107837824, 1997833856, 1089455872, 1384307712, 1602009344, 1557464576, 1489315072,
    ... 5 more lines
};
/* by output channel */
static const int8_t tilenet_m_9_conv_shift[64] = {
    -8, -9, -8, -8, -8, -8, -8, -8, -8, -7, -8, -8, -8, -8, -7, -8, -8, -8, -8, -8, -9, -9, -8, -8, -8, -8, -8, -7,
    -8, -7, -8, -8, -9, -8, -8, -8, -8, -8, -8, -9, -9, -8, -8, -8, -7, -8, -8, -7, -8, -8, -8, -8, -8, -8, -8, -8,
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
    -327807, 5636180, -3342429, 5898208, -393302, 3342365, -393314, 1507455, -8257555, 88, 2752509, 983072, -589752,
    -3866500, -3735477, -4849564, 2097268, -8323048, -18751, -23313, 65695, 123, 1156222208, 2030198912, 1711292800,
    1298812672, 101189382, 8323178, 8388602, 2752604, 1703942, 7536676, -458625, 2490344, 4915205, 8191930, 2555891,
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
    -77, 39, 16, 8, -55, 26, -50, 49, 33, 23, -120, 58, -4, -109, -12, -7, -105, -23, -47, -79, -60, 104, -104, -90,
    -101, -76, -49, -88, -81, -112, -40, 2, -15, 10, -66, -61, -27, -8, -20, 99, -44, 23, 65, 24, -3, -122, -99, -8,
    -87, -89, -16, 51, -39, 52, -49, -9, -90, -74, -8, 51, 45, -76, -29, 56, 19, 45, -50, -24, -51, 4, 32, -5, -42,
    ... 160 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_11_conv_bias[64] = {
    -174243, -79720, 42762, -47092, 31188, 31398, -45619, 410, 42828, 8343, 5821, -41871, 87756, 93614, 28785,
    63309, -66905, -19369, 42480, 30198, -3414, 27431, -64476, 19842, 3019, -41157, 58924, 45250, 99840, 21997,
    -21484, -88120, 88231, -16891, 40520, 49266, -45704, -51675, -4399, -47738, -17244, -22642, 2706, -26729,
    ... 2 more lines
};
/* by output channel */
static const int32_t tilenet_m_11_conv_multiplier[64] = {
    1163217280, 1462976512, 1784128512, 1652247936, 1981111424, 1439581184, 1619580544, 1972192256, 1683430528,
    1463956224, 1346776704, 1478653056, 1268351744, 1367316352, 1500755200, 1280308096, 1251236096, 1718343808,
    2146500864, 1698410368, 1949366144, 1248915328, 2020114688, 1337021184, 1273758080, 1274343552, 1270846848,
    ... 5 more lines
};
/* by output channel */
static const int8_t tilenet_m_11_conv_shift[64] = {
    -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8,
    -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -7, -8, -8, -7, -8, -8, -7, -8, -8, -8, -8, -8, -9, -8, -8,
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
    -19, -12, -60, 37, 99, 54, -39, 30, -8, 127, 96, -31, 55, 107, 34, -52, -72, 7, 18, 41, 18, -16, -101, -43, -70,
    -39, -2, 122, 73, -58, -19, 43, 10, -18, -25, -22, -10, 118, -35, 4, -58, 81, -5, 10, -8, -15, 51, -57, 15, -23,
    -10, 43, 76, 25, -55, -16, 92, 69, 107, 16, -46, 44, -62, -6, -46, 35, -30, -24, -89, -66, 108, -20, -23, 17,
    ... 39 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_12_conv_bias[16] = {
    -22581, 14483, -59219, 50170, 70628, 71643, 42128, 89093, 57267, 11931, -121094, -731, -97682, -13322, 7866,
    -125882,
};
/* by output channel */
static const int32_t tilenet_m_12_conv_multiplier[16] = {
    1261841280, 1349828736, 1412511872, 1124232704, 1467115392, 1543981696, 1107394048, 1518968192, 1191344128,
    1453789312, 1210686336, 1194479872, 1501126144, 1869742208, 1339628288, 1245130624,
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
    106, 12, -28, 11, -1, -27, 127, 35, 55, -28, 57, -105, 74, 17, 44, 27, -10, -96, -49, -35, 49, 11, -20, 22, -33,
    5, 27, -102, 38, -40, -53, -17, 57, 8, -27, -42, 32, -21, 41, -31, 26, -8, 75, -35, 41, -30, 64, 0, 0, -29, 17,
    46, 37, -54, 3, -6, 1, 19, 1, -10, 5, -11, -24, 19, 55, -17, -25, -50, -29, 13, 9, -50, 32, -47, 57, -22, 10,
    ... 308 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_13_conv_bias[32] = {
    379120, -542624, 19130, -176414, -437912, -115071, 306906, 55690, 404395, 220775, 253265, 610651, -99381,
    -134247, 221548, 297914, 276919, -323925, -124743, 218354, 239355, 304948, 128626, -176839, 171460, 438187,
    170412, 80688, -359879, 155725, 146068, 322773,
};
/* by output channel */
static const int32_t tilenet_m_13_conv_multiplier[32] = {
    1564556032, 1606939392, 1565601408, 1169199232, 2115745920, 1523919232, 2127458176, 1825853056, 1380033280,
    1701514496, 1102594560, 1852141184, 1538058752, 1281797120, 1285907840, 1593645696, 1985199616, 1816779520,
    1305973248, 1236881664, 1353415680, 1182622336, 1626811264, 1198883712, 2011053056, 1348757760, 1187927552,
    ... 1 more lines
};
/* by output channel */
static const int8_t tilenet_m_13_conv_shift[32] = {
    -11, -11, -9, -9, -11, -9, -10, -9, -10, -9, -8, -10, -9, -9, -8, -10, -9, -11, -9, -9, -9, -9, -9, -9, -10,
    -10, -9, -9, -10, -8, -9, -11,
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
    74, 0, -73, 0, 53, 0, 98, 0, 127, 0, 89, 0, -86, 0, -72, 0, -2, 0, 81, 0, 50, 0, -8, 0, -75, 0, 87, 0, -88, 0,
    74, 0, 49, 0, -100, 0, -101, 0, 58, 0, 29, 0, 75, 0, -42, 0, -94, 0, 115, 0, -64, 0, 126, 0, -92, 0, 68, 0, -13,
    0, 75, 0, 115, 0,
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_m_14_conv_bias[1] = {
    47045,
};
/* by output channel */
static const int32_t tilenet_m_14_conv_multiplier[1] = {
    1734404947,
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
