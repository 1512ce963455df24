/* tilenet: tables, then tilenet_run, a list of calls in the order in which they run.
 *
 * Made by: hairline firmware export
 * Hairline 0.1.0, from a .tflite with SHA-256
 * 8420080107b60f721c1bb4cf46e2ba7a49eef123a83ef73cd0184e662270756e
 * Packed for: armv7em. Do not edit: export again.
 */
#include <string.h>

#include "tilenet.h"

#if !(defined(__ARM_FEATURE_DSP)) && !defined(HAIRLINE_EMULATE)
#error "tilenet.c is packed for armv7em: export it again for this processor (--cpu)"
#endif

#ifdef HAIRLINE_TRACE
#define TRACE(tensor, buffer, rows, row_bytes, first, end) tilenet_trace(tensor, buffer, rows, row_bytes, first, end)
#else
#define TRACE(tensor, buffer, rows, row_bytes, first, end) ((void)0)
#endif

/* 0: Conv -> tensor 25 [47][47][16] sequential_1/tilenet_1/c1_relu_1/Relu6;s */
/* pairs of channels, pairs of taps: [8][24][4] */
static const int8_t tilenet_0_conv_weights[768] = {
    -105, -20, -45, -50, -57, -26, -101, -99, -127, -78, -37, -71, -83, -68, -41, -52, -81, -121, -110, -22, -32,
    -64, -92, -4, -61, 57, -51, 41, -51, 78, 47, -19, 40, 1, -26, -65, 28, -36, 38, -73, -68, 9, -21, -102, -27,
    -57, -19, -91, -3, 110, 73, 112, -22, 99, 84, 104, 81, 23, 88, 2, 87, 54, 50, -32, -11, -15, -33, -26, 64, -82,
    ... 29 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_0_conv_bias[16] = {
    4423, -481, -2181, 1455, 2538, -11777, -20093, -53046, -101607, -54779, 3480, 3084, -4731, 5837, 5128, 1999,
};
/* by output channel */
static const int32_t tilenet_0_conv_multiplier[16] = {
    1242879666, 1343459824, 1930346052, 1510679300, 1874297053, 1253148005, 2143676668, 1318506799, 1398151458,
    1276372640, 1733749726, 1475114451, 1417716162, 1345747089, 1147961103, 1576526079,
};
/* by output channel */
static const int8_t tilenet_0_conv_shift[16] = {
    -7, -7, -8, -7, -8, -8, -11, -10, -11, -10, -8, -8, -8, -7, -7, -7,
};
static const hairline_conv_op tilenet_0_conv = {
    .window = {
        .in_h = 96, .in_w = 96, .in_rows = 96, .in_c = 3,
        .out_h = 47, .out_w = 47, .out_rows = 3, .out_c = 16,
        .kernel_h = 4, .kernel_w = 4,
        .stride_h = 2, .stride_w = 2,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .rescale = {tilenet_0_conv_multiplier, tilenet_0_conv_shift, .zero_point = -128, .low = -128, .high = 127},
    .weights = tilenet_0_conv_weights,
    .bias = tilenet_0_conv_bias,
    .in_zero_point = -128,
    .quick = 2,
};

/* 1: Conv -> tensor 26 [45][45][24] sequential_1/tilenet_1/c2_relu_1/Relu6;s */
/* pairs of channels, pairs of taps: [12][72][4] */
static const int8_t tilenet_1_conv_weights[3456] = {
    39, -32, 19, 18, 43, 47, -58, 38, -97, -49, -18, -6, -4, -65, -17, -68, 39, -61, 23, 115, 5, -22, -38, 54, -24,
    1, -21, 5, -127, 4, -13, 91, 52, 19, 0, 30, 64, -78, -109, 10, -95, -8, 8, 37, -34, 12, -22, 0, 12, -82, 18, 45,
    -42, -74, -3, -1, -25, -60, 20, 61, -71, -82, -16, -48, 30, 20, -28, -13, 29, -20, -45, -17, 20, -29, -5, 2,
    ... 133 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_1_conv_bias[24] = {
    -64977, -677, -215583, -15612, -184, -42979, -131447, -159191, -3955, 3429, 77136, -204991, 11067, -57565,
    -11935, -115128, -112855, -7849, -76616, 1790, -137229, -130450, -58625, -106141,
};
/* by output channel */
static const int32_t tilenet_1_conv_multiplier[24] = {
    1475501568, 1448687872, 1987584384, 1720152576, 1764430848, 1480797440, 1484700160, 1789004288, 1087561472,
    1140787712, 2071216384, 1536462848, 1718758784, 1732593920, 1203740928, 1852185856, 1562870912, 1216180352,
    1894743552, 1111959424, 1489726976, 1646610560, 1602016896, 1077507200,
};
/* by output channel */
static const int8_t tilenet_1_conv_shift[24] = {
    -8, -9, -10, -8, -9, -8, -9, -9, -8, -8, -9, -9, -8, -9, -8, -9, -9, -8, -9, -8, -9, -9, -9, -8,
};
static const hairline_conv_op tilenet_1_conv = {
    .window = {
        .in_h = 47, .in_w = 47, .in_rows = 3, .in_c = 16,
        .out_h = 45, .out_w = 45, .out_rows = 3, .out_c = 24,
        .kernel_h = 3, .kernel_w = 3,
        .stride_h = 1, .stride_w = 1,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .rescale = {tilenet_1_conv_multiplier, tilenet_1_conv_shift, .zero_point = -128, .low = -128, .high = 127},
    .weights = tilenet_1_conv_weights,
    .bias = tilenet_1_conv_bias,
    .in_zero_point = -128,
    .quick = 2,
};

/* 2: Conv -> tensor 27 [22][22][32] sequential_1/tilenet_1/c3_relu_1/Relu6;s */
/* pairs of channels, pairs of taps: [16][108][4] */
static const int8_t tilenet_2_conv_weights[6912] = {
    -33, -58, -25, 15, -19, 24, -30, 29, -99, -23, -31, -61, -23, -45, -10, 19, 33, 52, -34, 70, 3, -43, -25, -18,
    -3, 25, -37, 45, -51, -27, 51, -44, 25, -8, -56, -32, -63, 53, 15, -26, -31, -21, 14, 25, 3, -38, -38, 39, 13,
    24, 24, -24, -68, 30, -77, 8, -53, -15, -8, -96, 5, 37, 48, -14, 34, 50, -74, 5, -12, -35, -18, -17, 2, 62, -57,
    ... 268 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_2_conv_bias[32] = {
    -45275, 149906, -308117, -109446, -453, -196664, -177220, -72673, -94104, 78400, -209790, -171249, -52677,
    -201622, -154408, -141667, 389356, 5345, -208361, -29565, 98968, 388047, 192224, -55094, 124991, 363422, -85635,
    81032, -149217, -109171, -91883, -132149,
};
/* by output channel */
static const int32_t tilenet_2_conv_multiplier[32] = {
    1266781312, 1811384832, 1991074432, 1574610944, 1976029696, 1430723968, 2059864448, 1455594752, 1972622976,
    1527612800, 2034317184, 1386247936, 2087682688, 1809668864, 1095046144, 1195831936, 1251763328, 1215186176,
    1253468672, 1687540480, 1259115136, 1213813376, 1737583360, 1750971776, 1818359936, 2065188480, 1372214656,
    ... 1 more lines
};
/* by output channel */
static const int8_t tilenet_2_conv_shift[32] = {
    -9, -9, -10, -9, -9, -9, -9, -9, -9, -9, -9, -9, -9, -9, -9, -9, -9, -8, -9, -9, -9, -9, -10, -9, -9, -10, -9,
    -10, -9, -9, -9, -9,
};
static const hairline_conv_op tilenet_2_conv = {
    .window = {
        .in_h = 45, .in_w = 45, .in_rows = 3, .in_c = 24,
        .out_h = 22, .out_w = 22, .out_rows = 22, .out_c = 32,
        .kernel_h = 3, .kernel_w = 3,
        .stride_h = 2, .stride_w = 2,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .rescale = {tilenet_2_conv_multiplier, tilenet_2_conv_shift, .zero_point = -128, .low = -128, .high = 127},
    .weights = tilenet_2_conv_weights,
    .bias = tilenet_2_conv_bias,
    .in_zero_point = -128,
    .quick = 2,
};

/* 3: Depthwise -> tensor 28 [20][20][32] sequential_1/tilenet_1/s4_dw_relu_1/Relu */
/* four channels: weights, biases, rescaling: [8][27] */
static const int32_t tilenet_3_depthwise_weights[216] = {
    6160323, -6881320, -4390946, -3997735, 4784229, 8323112, 2752385, 5177364, -2424797, 2162561, -2162617,
    -1703928, -8257636, 4522025, 7995422, -5046232, -3407835, -4390926, -5917, 892, -6727, -4606, 1974203392,
    2008098816, 1075943424, 1204273280, 84280582, -917573, 3866700, -4784253, 8388494, -7995440, 5832640, 4063306,
    ... 16 more lines
};
static const hairline_conv_op tilenet_3_depthwise = {
    .window = {
        .in_h = 22, .in_w = 22, .in_rows = 22, .in_c = 32,
        .out_h = 20, .out_w = 20, .out_rows = 20, .out_c = 32,
        .kernel_h = 3, .kernel_w = 3,
        .stride_h = 1, .stride_w = 1,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .weights = tilenet_3_depthwise_weights,
    .in_zero_point = -128,
};

/* 4: Conv -> tensor 29 [20][20][48] sequential_1/tilenet_1/s4_relu_1/Relu6;s */
/* pairs of channels, pairs of taps: [24][16][4] */
static const int8_t tilenet_4_conv_weights[1536] = {
    30, -83, 3, 35, -90, -59, -17, 93, 2, 25, -27, -61, -51, -29, 20, -51, -39, 12, -9, -27, 49, -83, -73, -69, -70,
    -72, 61, -127, -71, 57, -45, -82, 36, -33, 32, 18, -59, -22, 24, 22, -62, -45, 2, -10, 91, 46, -106, 85, -37,
    32, -127, -91, -104, -127, -59, -11, 77, -87, 19, 126, -7, -54, -75, -9, -96, -6, -32, -21, -29, 23, -47, 66,
    ... 60 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_4_conv_bias[48] = {
    -76266, -78359, 2329, -32907, -28894, -30949, -67883, -37216, -58052, -42107, -110401, -54590, -23707, -32169,
    -47042, -80980, -66000, 110118, -44444, -8006, -41664, -38229, -56037, -6394, 6163, -42444, -65312, -27263,
    -54170, -53469, -50365, 64501, -71457, 3032, -51600, -30582, -23613, -96921, -11619, -51988, -65720, -50777,
    ... 1 more lines
};
/* by output channel */
static const int32_t tilenet_4_conv_multiplier[48] = {
    1265595776, 1140796544, 1477536512, 1473095680, 1300417408, 1436009856, 1171627904, 1122268544, 1328755712,
    1279993856, 1767524608, 1599115264, 1168385792, 1131086336, 1408776960, 1334873344, 1568328448, 1946059136,
    1742554496, 1563023360, 1492446464, 1414473472, 1946662016, 1083332736, 1384492160, 1177868416, 2044589184,
    ... 3 more lines
};
/* by output channel */
static const int8_t tilenet_4_conv_shift[48] = {
    -7, -7, -7, -7, -7, -7, -7, -7, -7, -7, -8, -7, -7, -7, -7, -7, -7, -8, -7, -7, -7, -7, -8, -7, -7, -7, -8, -7,
    -7, -7, -7, -8, -8, -7, -7, -7, -7, -7, -7, -7, -7, -8, -7, -7, -8, -7, -7, -7,
};
static const hairline_conv_op tilenet_4_conv = {
    .window = {
        .in_h = 20, .in_w = 20, .in_rows = 20, .in_c = 32,
        .out_h = 20, .out_w = 20, .out_rows = 20, .out_c = 48,
        .kernel_h = 1, .kernel_w = 1,
        .stride_h = 1, .stride_w = 1,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .rescale = {tilenet_4_conv_multiplier, tilenet_4_conv_shift, .zero_point = -128, .low = -128, .high = 127},
    .weights = tilenet_4_conv_weights,
    .bias = tilenet_4_conv_bias,
    .in_zero_point = -128,
    .quick = 2,
};

/* 5: Conv -> tensor 30 [10][10][64] sequential_1/tilenet_1/c5_relu_1/Relu6;s */
/* pairs of channels, pairs of taps: [32][96][4] */
static const int8_t tilenet_5_conv_weights[12288] = {
    6, -16, -43, -57, 30, -99, -41, 42, -46, -34, -83, 54, -50, -95, -56, 8, 2, -35, -61, -94, -54, 38, -43, -1, -3,
    53, 49, -65, 37, 54, -13, 68, -2, -27, -38, -9, -39, -83, 15, 5, 12, 79, -33, -17, -26, 7, 15, 16, -14, -19, 22,
    -48, 2, 6, -23, 17, 28, -32, -18, -21, -73, 23, 4, -38, 0, 37, -14, 25, -21, -96, -23, -4, 8, 13, 23, 29, 20,
    ... 479 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_5_conv_bias[64] = {
    -80533, -27517, 100087, 115934, 363847, -75820, 127358, 1265, 283318, -78501, 34569, 17520, -288764, -11857,
    4771, -252821, -63370, -160581, 317382, 112067, -264813, 17805, 73736, 104815, 163588, 31983, -88802, -90717,
    -67865, -140238, -89536, -150346, -139058, 140259, -161668, 97325, -43398, 111525, 21541, 173884, 26736, -10911,
    ... 2 more lines
};
/* by output channel */
static const int32_t tilenet_5_conv_multiplier[64] = {
    1131163392, 1940139776, 2106398080, 1403671168, 1997866752, 1336687488, 1098173696, 1273141376, 1866715776,
    1381016320, 1190660096, 1873711744, 2130040064, 1081778304, 1232217984, 1818998400, 1785867904, 1863308288,
    1970808704, 1642374528, 1880066816, 1526638976, 1323507456, 1159896192, 1410721408, 1338347264, 1254773888,
    ... 5 more lines
};
/* by output channel */
static const int8_t tilenet_5_conv_shift[64] = {
    -8, -9, -9, -8, -9, -9, -8, -8, -10, -8, -8, -9, -9, -8, -8, -9, -9, -9, -9, -9, -9, -9, -8, -8, -8, -9, -8, -9,
    -9, -9, -9, -10, -7, -9, -9, -8, -8, -9, -9, -8, -9, -9, -8, -9, -8, -9, -8, -9, -9, -9, -8, -9, -8, -9, -9, -9,
    -9, -8, -9, -9, -8, -9, -9, -8,
};
static const hairline_conv_op tilenet_5_conv = {
    .window = {
        .in_h = 20, .in_w = 20, .in_rows = 20, .in_c = 48,
        .out_h = 10, .out_w = 10, .out_rows = 10, .out_c = 64,
        .kernel_h = 2, .kernel_w = 2,
        .stride_h = 2, .stride_w = 2,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .rescale = {tilenet_5_conv_multiplier, tilenet_5_conv_shift, .zero_point = -128, .low = -128, .high = 127},
    .weights = tilenet_5_conv_weights,
    .bias = tilenet_5_conv_bias,
    .in_zero_point = -128,
    .quick = 2,
};

/* 6: Depthwise -> tensor 31 [8][8][64] sequential_1/tilenet_1/s6_dw_relu_1/Relu */
/* four channels: weights, biases, rescaling: [16][27] */
static const int32_t tilenet_6_depthwise_weights[432] = {
    -393254, -1900647, -8257611, -720940, -6815665, -2359379, -2686975, -786536, -7208960, -1310620, 5767181,
    -786426, -7471050, 8323199, 1703931, -720774, -3932287, -3997725, -12160, -50753, 4, -8336, 1445891072,
    2094921856, 1103275520, 1519889664, 101058566, 4849791, 1441665, 1966045, 4194246, -3276808, -5505015, 4456391,
    ... 35 more lines
};
static const hairline_conv_op tilenet_6_depthwise = {
    .window = {
        .in_h = 10, .in_w = 10, .in_rows = 10, .in_c = 64,
        .out_h = 8, .out_w = 8, .out_rows = 8, .out_c = 64,
        .kernel_h = 3, .kernel_w = 3,
        .stride_h = 1, .stride_w = 1,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .weights = tilenet_6_depthwise_weights,
    .in_zero_point = -128,
};

/* 7: Conv -> tensor 32 [8][8][96] sequential_1/tilenet_1/s6_relu_1/Relu6;s */
/* pairs of channels, pairs of taps: [48][32][4] */
static const int8_t tilenet_7_conv_weights[6144] = {
    24, -9, 54, -8, -56, -83, -40, 13, -127, 30, -2, 95, 1, 27, -53, -44, -32, 38, -10, -35, -28, -46, -2, 65, -61,
    32, -55, -34, 47, -23, -40, 41, -49, -42, -25, -82, 98, 45, 43, -9, -33, 1, -14, -41, 13, -6, -45, 59, -83, 35,
    -102, -110, 12, 65, -9, 48, 30, 58, 15, 18, 32, 9, -16, 38, -52, -64, 108, -58, -33, -127, -21, 17, 14, -29, 88,
    ... 239 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_7_conv_bias[96] = {
    -61640, 14372, 22555, -50958, -110385, 74531, -2807, 19284, 40451, -437, 11315, -106311, -15294, 25796, 80119,
    90011, 127497, -5017, -37418, -66629, 61008, 22021, 25009, 21347, -48067, 54092, 70212, 26719, -59380, 35523,
    -7415, 106347, 36748, -41011, 140505, 27060, -56954, 50037, 5902, -15676, 4201, -80619, 53244, -133279, 103201,
    ... 4 more lines
};
/* by output channel */
static const int32_t tilenet_7_conv_multiplier[96] = {
    1600421120, 1946561792, 1229375616, 1595370624, 1202540544, 1729281536, 1911931776, 1947744000, 1683419520,
    1427632000, 1775357824, 1937541248, 1918204800, 1268668032, 1229784064, 1688231680, 1149615616, 1187287296,
    2000353664, 1464161920, 1330312064, 1666268800, 1891221888, 1618887040, 1831153152, 1643967488, 1902069120,
    ... 8 more lines
};
/* by output channel */
static const int8_t tilenet_7_conv_shift[96] = {
    -8, -8, -7, -8, -8, -8, -8, -7, -8, -8, -8, -8, -8, -7, -7, -8, -8, -7, -8, -8, -8, -7, -8, -8, -8, -8, -8, -8,
    -8, -7, -8, -8, -8, -8, -8, -8, -8, -8, -8, -7, -8, -8, -7, -8, -8, -8, -8, -7, -8, -7, -8, -8, -7, -7, -8, -8,
    -7, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -7, -8, -8, -8, -7, -8, -8, -8, -7, -8, -8, -8, -9, -8, -8,
    ... 1 more lines
};
static const hairline_conv_op tilenet_7_conv = {
    .window = {
        .in_h = 8, .in_w = 8, .in_rows = 8, .in_c = 64,
        .out_h = 8, .out_w = 8, .out_rows = 8, .out_c = 96,
        .kernel_h = 1, .kernel_w = 1,
        .stride_h = 1, .stride_w = 1,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .rescale = {tilenet_7_conv_multiplier, tilenet_7_conv_shift, .zero_point = -128, .low = -128, .high = 127},
    .weights = tilenet_7_conv_weights,
    .bias = tilenet_7_conv_bias,
    .in_zero_point = -128,
    .quick = 2,
};

/* 8: Depthwise -> tensor 33 [6][6][96] sequential_1/tilenet_1/s7_dw_relu_1/Relu */
/* four channels: weights, biases, rescaling: [24][27] */
static const int32_t tilenet_8_depthwise_weights[648] = {
    -4652999, -3538851, -5177339, -3670022, -6291541, -4259940, -4128743, -8322988, -2228196, 1376259, -2818064,
    -196735, -5767041, 589887, -8322973, -2555932, -7798714, -917593, 34154, -76689, -14032, -37957, 1918615040,
    1983868800, 2113172096, 1155318016, 101124103, -3211294, -7798774, -8191989, 5898216, -8323036, 2948993, 917526,
    ... 54 more lines
};
static const hairline_conv_op tilenet_8_depthwise = {
    .window = {
        .in_h = 8, .in_w = 8, .in_rows = 8, .in_c = 96,
        .out_h = 6, .out_w = 6, .out_rows = 6, .out_c = 96,
        .kernel_h = 3, .kernel_w = 3,
        .stride_h = 1, .stride_w = 1,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .weights = tilenet_8_depthwise_weights,
    .in_zero_point = -128,
};

/* 9: Conv -> tensor 34 [6][6][48] sequential_1/tilenet_1/s7_relu_1/Relu6;s */
/* pairs of channels, pairs of taps: [24][48][4] */
static const int8_t tilenet_9_conv_weights[4608] = {
    72, 52, -57, -7, 10, -5, -35, -59, 20, -11, 34, 38, 34, 44, -4, 63, -64, 15, 97, -22, 3, 12, 38, -11, 71, 11,
    -45, -5, 41, -6, 15, -51, -108, 20, 65, 47, -84, -36, 47, 27, 61, -62, 66, -26, 53, -25, -53, 24, 12, 19, 76,
    51, 109, 17, -47, -32, 23, 11, -24, 18, -32, 32, 28, 23, 30, 14, -23, -19, -49, -9, -17, 16, -37, -65, 47, -49,
    ... 180 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_9_conv_bias[48] = {
    102802, 75815, -60991, -24065, -33309, 173425, 164472, 145608, 25860, -140939, -93959, -270534, -42465, 83831,
    -192143, 80845, -58077, 95653, 62822, -21995, 39502, -21751, 49756, -113628, 147871, 1106, -15758, -44888,
    26635, -114781, -16752, -113980, 121844, 54786, -150476, -37682, 40620, -104353, -91266, 46955, 83515, -53708,
    ... 1 more lines
};
/* by output channel */
static const int32_t tilenet_9_conv_multiplier[48] = {
    2074784768, 1760020736, 1222325120, 1189480832, 1122296192, 1633194752, 1582234624, 1541875456, 1342597632,
    1084621440, 1749647616, 1674214912, 1096163200, 1909673728, 1196231680, 1121105280, 1292132992, 1824654464,
    2107905920, 1316707328, 1482326528, 1142765568, 1309713024, 1092157312, 1496517888, 1088006656, 1878472576,
    ... 3 more lines
};
/* by output channel */
static const int8_t tilenet_9_conv_shift[48] = {
    -9, -8, -8, -8, -7, -8, -8, -8, -8, -8, -8, -9, -8, -9, -8, -7, -8, -8, -8, -8, -8, -8, -8, -8, -8, -8, -9, -8,
    -8, -8, -8, -8, -8, -8, -9, -8, -8, -8, -8, -8, -8, -9, -8, -8, -9, -8, -9, -9,
};
static const hairline_conv_op tilenet_9_conv = {
    .window = {
        .in_h = 6, .in_w = 6, .in_rows = 6, .in_c = 96,
        .out_h = 6, .out_w = 6, .out_rows = 6, .out_c = 48,
        .kernel_h = 1, .kernel_w = 1,
        .stride_h = 1, .stride_w = 1,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .rescale = {tilenet_9_conv_multiplier, tilenet_9_conv_shift, .zero_point = -128, .low = -128, .high = 127},
    .weights = tilenet_9_conv_weights,
    .bias = tilenet_9_conv_bias,
    .in_zero_point = -128,
    .quick = 2,
};

/* 10: Conv -> tensor 35 [1][1][48] sequential_1/tilenet_1/head_relu_1/Relu6 */
/* pairs of channels, pairs of taps: [24][864][4] */
static const int8_t tilenet_10_conv_weights[82944] = {
    -1, -11, 92, 6, 60, 30, 36, 3, -23, 56, 1, 34, -7, -27, 42, -3, -20, -40, 52, -83, 55, -16, 9, -8, 33, -6, 14,
    23, 60, -47, -11, 9, -28, 39, -66, 29, -12, 18, 7, 52, -9, 49, 53, -39, 57, -20, 3, 9, -52, 56, 48, 3, -38, 23,
    23, -17, 13, -16, 27, -17, -28, 41, 29, -10, 33, 1, 62, -11, -14, -8, -10, -32, 22, -13, -42, -7, 28, -17, -16,
    ... 3091 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_10_conv_bias[48] = {
    2067258, 673614, 253578, -1383053, -745998, -793824, -1200930, 1097432, 1916783, 216908, -711385, 8354, 1237067,
    232934, -1132924, 325198, -33916, -393999, 1820475, 1622528, -504846, 364701, -715249, 32364, 1943983, 632097,
    903322, 1219002, 282052, -453272, -500531, 319026, -147970, -3218870, -1180409, -449033, -1080587, -57928,
    ... 1 more lines
};
/* by output channel */
static const int32_t tilenet_10_conv_multiplier[48] = {
    1442589056, 1144104832, 1128898304, 1383788928, 1803141632, 1117308672, 1293271552, 1086466048, 1440809088,
    1541184256, 1891126528, 1647647488, 1569282560, 1577297792, 1912614656, 1580936960, 1930980224, 1309117568,
    1551972608, 1631119104, 1177152256, 1545123840, 1358683136, 1715278592, 1282518016, 1205774464, 1887053696,
    ... 3 more lines
};
/* by output channel */
static const int8_t tilenet_10_conv_shift[48] = {
    -12, -11, -10, -10, -11, -9, -11, -12, -12, -12, -10, -10, -12, -10, -10, -11, -10, -10, -12, -12, -9, -11, -10,
    -10, -12, -10, -12, -12, -10, -10, -10, -11, -9, -13, -10, -11, -10, -10, -10, -10, -11, -10, -12, -12, -10, -9,
    -11, -10,
};
static const hairline_conv_op tilenet_10_conv = {
    .window = {
        .in_h = 6, .in_w = 6, .in_rows = 6, .in_c = 48,
        .out_h = 1, .out_w = 1, .out_rows = 1, .out_c = 48,
        .kernel_h = 6, .kernel_w = 6,
        .stride_h = 4, .stride_w = 4,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .rescale = {tilenet_10_conv_multiplier, tilenet_10_conv_shift, .zero_point = -128, .low = -128, .high = 127},
    .weights = tilenet_10_conv_weights,
    .bias = tilenet_10_conv_bias,
    .in_zero_point = -128,
    .quick = 0,
};

/* 11: Conv -> tensor 36 [1][1][1] StatefulPartitionedCall_1:0 */
/* pairs of channels, pairs of taps: [1][24][4] */
static const int8_t tilenet_11_conv_weights[96] = {
    -47, 0, 91, 0, 85, 0, -42, 0, 34, 0, 36, 0, -46, 0, 10, 0, -38, 0, -114, 0, 12, 0, 62, 0, 1, 0, -46, 0, 50, 0,
    55, 0, 64, 0, 105, 0, -66, 0, -42, 0, -89, 0, -81, 0, 95, 0, 75, 0, 48, 0, 58, 0, 47, 0, 71, 0, 61, 0, -75, 0,
    -89, 0, 43, 0, 121, 0, -47, 0, 27, 0, 105, 0, -53, 0, 106, 0, 72, 0, -125, 0, 61, 0, 96, 0, -90, 0, 52, 0, -127,
    ... 1 more lines
};
/* by output channel, the input's zero point folded in */
static const int32_t tilenet_11_conv_bias[1] = {
    72186,
};
/* by output channel */
static const int32_t tilenet_11_conv_multiplier[1] = {
    1825971871,
};
/* by output channel */
static const int8_t tilenet_11_conv_shift[1] = {
    -10,
};
static const hairline_conv_op tilenet_11_conv = {
    .window = {
        .in_h = 1, .in_w = 1, .in_rows = 1, .in_c = 48,
        .out_h = 1, .out_w = 1, .out_rows = 1, .out_c = 1,
        .kernel_h = 1, .kernel_w = 1,
        .stride_h = 1, .stride_w = 1,
        .dilation_h = 1, .dilation_w = 1,
        .pad_top = 0, .pad_left = 0},
    .rescale = {tilenet_11_conv_multiplier, tilenet_11_conv_shift, .zero_point = 0, .low = -128, .high = 127},
    .weights = tilenet_11_conv_weights,
    .bias = tilenet_11_conv_bias,
    .in_zero_point = -128,
    .quick = 0,
};

static void tilenet_chain_0(int8_t *arena)
{
    int made_0 = 0; /* rows of tensor 25 [47][47][16] sequential_1/tilenet_1/c1_relu_1/Relu6;s, 3 kept */
    int made_1 = 0; /* rows of tensor 26 [45][45][24] sequential_1/tilenet_1/c2_relu_1/Relu6;s, 3 kept */
    int made_2 = 0; /* rows of tensor 27 [22][22][32] sequential_1/tilenet_1/c3_relu_1/Relu6;s, 22 kept */
    while (made_2 < 22) {
        const int need_2 = hairline_min(made_2 * 2 + 3, 45);
        while (made_1 < need_2) {
            const int need_1 = hairline_min(made_1 * 1 + 3, 47);
            while (made_0 < need_1) {
                hairline_conv_relu_dsp(&tilenet_0_conv, arena + 0, arena + 30896, made_0, made_0 + 1, arena + 33152);
                TRACE(25, arena + 30896, 3, 752, made_0, made_0 + 1);
                made_0 = made_0 + 1;
            }
            hairline_conv_relu_dsp(&tilenet_1_conv, arena + 30896, arena + 27648, made_1, made_1 + 1, arena + 33152);
            TRACE(26, arena + 27648, 3, 1080, made_1, made_1 + 1);
            made_1 = made_1 + 1;
        }
        hairline_conv_relu_dsp(&tilenet_2_conv, arena + 27648, arena + 0, made_2, made_2 + 1, arena + 33152);
        TRACE(27, arena + 0, 22, 704, made_2, made_2 + 1);
        made_2 = made_2 + 1;
    }
}

int tilenet_run(const int8_t *input, int8_t *output, int8_t *arena)
{
    if (arena == NULL || (uintptr_t)arena % 16 != 0)
        return HAIRLINE_BAD_ARENA;
    if (input != arena + 0)
        memcpy(arena + 0, input, 27648);

    tilenet_chain_0(arena); /* tensor 27 [22][22][32] sequential_1/tilenet_1/c3_relu_1/Relu6;s at 0 */

    /* tensor 28 [20][20][32] sequential_1/tilenet_1/s4_dw_relu_1/Relu */
    hairline_depthwise_dsp(&tilenet_3_depthwise, arena + 0, arena + 15488, 0, 20, arena + 28288);
    TRACE(28, arena + 15488, 20, 640, 0, 20);

    /* tensor 29 [20][20][48] sequential_1/tilenet_1/s4_relu_1/Relu6;s */
    hairline_conv_relu_dsp(&tilenet_4_conv, arena + 15488, arena + 0, 0, 20, arena + 28288);
    TRACE(29, arena + 0, 20, 960, 0, 20);

    /* tensor 30 [10][10][64] sequential_1/tilenet_1/c5_relu_1/Relu6;s */
    hairline_conv_relu_dsp(&tilenet_5_conv, arena + 0, arena + 19200, 0, 10, arena + 25600);
    TRACE(30, arena + 19200, 10, 640, 0, 10);

    /* tensor 31 [8][8][64] sequential_1/tilenet_1/s6_dw_relu_1/Relu */
    hairline_depthwise_dsp(&tilenet_6_depthwise, arena + 19200, arena + 2560, 0, 8, arena + 0);
    TRACE(31, arena + 2560, 8, 512, 0, 8);

    /* tensor 32 [8][8][96] sequential_1/tilenet_1/s6_relu_1/Relu6;s */
    hairline_conv_relu_dsp(&tilenet_7_conv, arena + 2560, arena + 0, 0, 8, arena + 6656);
    TRACE(32, arena + 0, 8, 768, 0, 8);

    /* tensor 33 [6][6][96] sequential_1/tilenet_1/s7_dw_relu_1/Relu */
    hairline_depthwise_dsp(&tilenet_8_depthwise, arena + 0, arena + 6144, 0, 6, arena + 9600);
    TRACE(33, arena + 6144, 6, 576, 0, 6);

    /* tensor 34 [6][6][48] sequential_1/tilenet_1/s7_relu_1/Relu6;s */
    hairline_conv_relu_dsp(&tilenet_9_conv, arena + 6144, arena + 0, 0, 6, arena + 1728);
    TRACE(34, arena + 0, 6, 288, 0, 6);

    /* tensor 35 [1][1][48] sequential_1/tilenet_1/head_relu_1/Relu6 */
    hairline_dense_dsp(&tilenet_10_conv, arena + 0, arena + 1728, 0, 1, arena + 0);
    TRACE(35, arena + 1728, 1, 48, 0, 1);

    /* tensor 36 [1][1][1] StatefulPartitionedCall_1:0 */
    hairline_dense_dsp(&tilenet_11_conv, arena + 1728, arena + 0, 0, 1, arena + 0);
    TRACE(36, arena + 0, 1, 1, 0, 1);

    memcpy(output, arena + 0, 1);
    return HAIRLINE_OK;
}
