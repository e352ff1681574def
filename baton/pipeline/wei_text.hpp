#pragma once

#include "baton/base/big_int.hpp"

#include <string>

namespace baton::pipeline {

/// As v1.11.0 writes a quantity of wei: in the largest unit of which there is one, "1.5 gwei", "7 wei"; "0"
/// for none (reference/pipeline.md section 19.15). REQUIRES: wei >= 0.
std::string wei_text(const BigInt& wei);

}  // namespace baton::pipeline
