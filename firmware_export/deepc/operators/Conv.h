/* Hairline's 2-D convolution for deepC's generated code, in place of deepC 0.13's own, which does not sum over the input
 * channels. Groups are supported (depthwise is one group a channel), dilation is not. */
#pragma once
#include "operators/baseOperator.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace dnnc {

template <typename To, typename Ti1, typename Ti2> class Conv : public baseOperator<To, Ti1, Ti2> {
  int group = 1;
  std::vector<int> pads = {0, 0, 0, 0}; /* top, left, bottom, right */
  std::vector<int> strides = {1, 1};

  /* The first and one past the last output position whose tap lies inside the input: 0 <= at * stride + tap < length. */
  static int first_inside(int tap, int stride) { return tap >= 0 ? 0 : (-tap + stride - 1) / stride; }
  static int end_inside(int tap, int stride, int length, int outputs) {
    return tap >= length ? 0 : std::min(outputs, (length - 1 - tap) / stride + 1);
  }

public:
  Conv(std::string name = "opConv") : baseOperator<To, Ti1, Ti2>(opConv, name) {}

  bool setAttribute(OPATTR attribute, int value) override {
    if (attribute == attr_group)
      group = value;
    return true;
  }

  bool setAttribute(OPATTR attribute, std::vector<int> values) override {
    if (attribute == attr_pads)
      pads = values;
    else if (attribute == attr_strides)
      strides = values;
    else if (attribute == attr_dilations && *std::max_element(values.begin(), values.end()) > 1)
      throw std::invalid_argument("Conv: dilation is not supported");
    return true;
  }

  /* input (1, channels, height, width), kernel (filters, channels / group, height, width), bias (filters). */
  tensor<To> compute(tensor<Ti1> &input, tensor<Ti1> &kernel, tensor<Ti1> &bias) {
    const int height = input.shape()[2], width = input.shape()[3];
    const int filters = kernel.shape()[0], channels = kernel.shape()[1]; /* of one group */
    const int kernel_h = kernel.shape()[2], kernel_w = kernel.shape()[3];
    const int out_h = (height + pads[0] + pads[2] - kernel_h) / strides[0] + 1;
    const int out_w = (width + pads[1] + pads[3] - kernel_w) / strides[1] + 1;
    tensor<To> result({1, (DIMENSION)filters, (DIMENSION)out_h, (DIMENSION)out_w});
    const Ti1 *weight = this->tensorMem(kernel);
    To *out = this->tensorMem(result);

    for (int filter = 0; filter < filters; filter++, out += out_h * out_w) {
      const int first_channel = filter / (filters / group) * channels;
      std::fill(out, out + out_h * out_w, this->tensorMem(bias)[filter]);
      for (int channel = 0; channel < channels; channel++) {
        const Ti1 *plane = this->tensorMem(input) + (first_channel + channel) * height * width;
        for (int tap = 0; tap < kernel_h * kernel_w; tap++)
          add_tap(plane, height, width, tap / kernel_w - pads[0], tap % kernel_w - pads[1], *weight++, out, out_h, out_w);
      }
    }
    return result;
  }

private:
  /* Adds one kernel element times the plane, moved by (tap_y, tap_x), to every output that it falls on. */
  void add_tap(const Ti1 *plane, int height, int width, int tap_y, int tap_x, Ti1 weight, To *out, int out_h,
               int out_w) const {
    const int begin = first_inside(tap_x, strides[1]), end = end_inside(tap_x, strides[1], width, out_w);
    const int end_y = end_inside(tap_y, strides[0], height, out_h);
    for (int y = first_inside(tap_y, strides[0]); y < end_y; y++) {
      const Ti1 *row = plane + (y * strides[0] + tap_y) * width + tap_x;
      To *out_row = out + y * out_w;
      if (strides[1] == 1) /* a loop of its own, or the compiler does not vectorise it */
        for (int x = begin; x < end; x++)
          out_row[x] += weight * row[x];
      else
        for (int x = begin; x < end; x++)
          out_row[x] += weight * row[x * strides[1]];
    }
  }
};

} // namespace dnnc
