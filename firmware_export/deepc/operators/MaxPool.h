/* Hairline's 2-D maximum pooling for deepC's generated code: deepC 0.13's own is empty. Without padding. */
#pragma once
#include "operators/baseOperator.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace dnnc {

template <typename To, typename Ti> class MaxPool : public baseOperator<To, Ti, Ti> {
  std::vector<int> window = {2, 2};
  std::vector<int> strides = {2, 2};

public:
  MaxPool(std::string name = "opMaxPool") : baseOperator<To, Ti, Ti>(opMaxPool, name) {}

  bool setAttribute(OPATTR attribute, int) override { return attribute != attr_invalid; }

  bool setAttribute(OPATTR attribute, std::vector<int> values) override {
    if (attribute == attr_kernel_shape)
      window = values;
    else if (attribute == attr_strides)
      strides = values;
    else if (attribute == attr_pads && *std::max_element(values.begin(), values.end()) > 0)
      throw std::invalid_argument("MaxPool: padding is not supported");
    return true;
  }

  /* input (1, channels, height, width). */
  tensor<To> compute(tensor<Ti> &input) {
    const DIMENSION channels = input.shape()[1], height = input.shape()[2], width = input.shape()[3];
    const DIMENSION out_h = (height - window[0]) / strides[0] + 1, out_w = (width - window[1]) / strides[1] + 1;
    tensor<To> result({1, channels, out_h, out_w});
    const Ti *plane = this->tensorMem(input);
    To *out = this->tensorMem(result);
    for (DIMENSION channel = 0; channel < channels; channel++, plane += height * width)
      for (DIMENSION y = 0; y < out_h; y++)
        for (DIMENSION x = 0; x < out_w; x++)
          *out++ = highest(plane + y * strides[0] * width + x * strides[1], width);
    return result;
  }

private:
  Ti highest(const Ti *corner, DIMENSION width) const {
    Ti found = *corner;
    for (int y = 0; y < window[0]; y++)
      for (int x = 0; x < window[1]; x++)
        found = std::max(found, corner[y * width + x]);
    return found;
  }
};

} // namespace dnnc
