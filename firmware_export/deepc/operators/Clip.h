/* Hairline's Clip for deepC's generated code. deepC 0.13's generator writes both bounds under one attribute, in an order
 * of its own; its operator expects neither. The lower of the two is the lower bound. */
#pragma once
#include "operators/baseOperator.h"

#include <algorithm>
#include <string>
#include <vector>

namespace dnnc {

template <typename To, typename Ti> class Clip : public baseOperator<To, Ti, Ti> {
  std::vector<Ti> bounds;

public:
  Clip(std::string name = "opClip") : baseOperator<To, Ti, Ti>(opClip, name) {}

  bool setAttribute(OPATTR, float value) override {
    bounds.push_back(value);
    std::sort(bounds.begin(), bounds.end());
    return true;
  }

  tensor<To> compute(tensor<Ti> &input) {
    tensor<To> result(input.shape());
    const Ti *in = this->tensorMem(input);
    To *out = this->tensorMem(result);
    for (DIMENSION i = 0; i < input.length(); i++)
      out[i] = std::min(std::max(in[i], bounds.front()), bounds.back());
    return result;
  }
};

} // namespace dnnc
