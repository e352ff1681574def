#include "baton/codec/go_value.hpp"
#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>

namespace baton::pipeline {

namespace {

bool is_hex_digit(char c) {
    return std::isxdigit(static_cast<unsigned char>(c)) != 0;
}

std::string hex_fault(std::string_view digits) {
    const auto bad = std::ranges::find_if_not(digits, is_hex_digit);
    if (bad == digits.end()) return "encoding/hex: odd length hex string";
    char point[16];
    std::snprintf(point, sizeof point, "U+%04X", static_cast<unsigned>(static_cast<unsigned char>(*bad)));
    const std::string quoted = codec::go_quote(std::string_view(&*bad, 1));
    return "encoding/hex: invalid byte: " + std::string(point) + " '" + quoted.substr(1, quoted.size() - 2) +
           "'";
}

}  // namespace

TaskResult run_hexdecode(const TaskContext& context) {
    if (auto refused = check_inputs(context.inputs, 0, 1)) return TaskResult::failed(std::move(*refused));
    Params params(context);
    const std::string input = params.get({"input", {Getter::var, Getter::text, Getter::input0}}, to_text);
    if (params.failed()) return params.result();
    if (!input.starts_with("0x") && !input.starts_with("0X")) {
        return TaskResult::failed({"hex string must have prefix 0x"});
    }
    if (auto bytes = from_0x(input)) return TaskResult::success(std::move(*bytes));
    return TaskResult::failed(
        failure("failed to decode hex string", hex_fault(std::string_view(input).substr(2))));
}

}  // namespace baton::pipeline
