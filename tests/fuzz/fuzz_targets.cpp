#include "fuzz_targets.hpp"

#include "baton/base/decimal.hpp"
#include "baton/codec/abi.hpp"
#include "baton/codec/cbor.hpp"
#include "baton/codec/json.hpp"
#include "baton/pipeline/coerce.hpp"
#include "baton/pipeline/engine.hpp"
#include "baton/pipeline/graph.hpp"
#include "baton/pipeline/tasks.hpp"

#include <stdexcept>

namespace baton::fuzz {

namespace {

void require(bool holds, const char* property) {
    if (!holds) throw std::logic_error(property);
}

/// What decoded has to be storable, or be refused in order. Reading it back may change it once: -0 is the
/// integer 0, and members of a CBOR tag are sorted.
void store(const codec::Value& value) {
    std::string json;
    try {
        json = codec::write_json(value);
    } catch (const codec::JsonUnsupported&) {
        return;
    }
    try {
        const auto once = codec::write_json(codec::read_json(json));
        require(codec::write_json(codec::read_json(once)) == once,
                "JSON that was written reads back as another value");
    } catch (const codec::JsonError&) {
        // Deeper than the reader goes.
    }
}

void run_graph(std::string_view input) {
    try {
        const auto graph = pipeline::parse_graph(input);
        for (const auto& task : graph->tasks()) {
            for (const auto& from : task.inputs)
                require(from.from < task.id, "a task stands before one that it waits for");
        }
        pipeline::task_names(*graph);
        pipeline::bridge_names(*graph);
        pipeline::check_runnable(*graph);
    } catch (const InvalidInput&) {
    }
}

/// "<argument list>\n<data>": decodes, and encodes what it decoded to the same values.
void run_abi(std::string_view input) {
    const auto line = input.find('\n');
    const auto text = input.substr(0, line);
    const auto data = line == std::string_view::npos ? std::string_view() : input.substr(line + 1);
    try {
        const auto arguments = codec::parse_abi_arguments(text, false);
        const auto values = codec::abi_decode(arguments, as_bytes(data));
        const auto encoded = codec::abi_encode(arguments, values);
        const auto again = codec::abi_decode(arguments, encoded);
        for (std::size_t i = 0; i < values.size(); ++i)
            require(codec::write_json(values[i]) == codec::write_json(again[i]),
                    "ABI values that were encoded decode to others");
    } catch (const codec::AbiError&) {
    } catch (const codec::AbiAbort&) {
    } catch (const codec::JsonUnsupported&) {
    }
    try {
        codec::parse_abi_signature(text, true);
    } catch (const codec::AbiError&) {
    }
    try {
        codec::parse_abi_json(text);
    } catch (const InvalidInput&) {
    }
}

void run_cbor(std::string_view input) {
    try {
        store(codec::Value::map(codec::Map{{"diet", codec::read_cbor_diet(as_bytes(input))}}));
    } catch (const codec::CborError&) {
    }
    try {
        store(codec::read_cbor_standard(as_bytes(input)));
    } catch (const codec::CborError&) {
    }
}

/// "<path>\n<document>" through the jsonparse task.
void run_json_path(std::string_view input) {
    const auto line = input.find('\n');
    const auto document = line == std::string_view::npos ? std::string_view() : input.substr(line + 1);
    codec::DotNode node;
    node.dot_id = "t";
    node.attributes.emplace_back("type", "jsonparse");
    node.attributes.emplace_back("path", std::string(input.substr(0, line)));
    const auto task = pipeline::decode_task(node, 0);
    const codec::Value data{document};
    const codec::Value* const inputs[] = {&data};
    struct Nowhere final : pipeline::Environment {
        std::optional<BigInt> default_chain() const override { return std::nullopt; }
        std::optional<Chain> chain(const BigInt&, const std::string&) const override { return std::nullopt; }
        Address next_key(const BigInt&, const std::vector<Address>&) override { throw Error("no key"); }
        net::HttpClient& http() override { throw Error("no client"); }
        HttpLimits http_limits() const override { return {}; }
        std::chrono::nanoseconds max_run_duration() const override { return {}; }
    } nowhere;
    const pipeline::RunContext run{nowhere, Metrics::none(), Random::system(), Logger(), "", {}, false};
    const codec::Map vars;
    const pipeline::TaskContext context{task, run, vars, inputs, {}, {}};
    store(pipeline::run_jsonparse(context).value);
}

/// "<a>\n<b>": texts of decimals, and their arithmetic as far as the exponents allow to write the result.
void run_decimal(std::string_view input) {
    const auto line = input.find('\n');
    const auto first = Decimal::parse(input.substr(0, line));
    const auto second =
        Decimal::parse(line == std::string_view::npos ? std::string_view("3") : input.substr(line + 1));
    const auto* a = std::get_if<Decimal>(&first);
    const auto* b = std::get_if<Decimal>(&second);
    constexpr std::int32_t far = 2000;
    const auto near = [](const Decimal* number) {
        return number && number->exponent() < far && number->exponent() > -far;
    };
    if (!near(a) || !near(b)) return;
    const auto read = Decimal::parse(a->to_string());
    require(std::holds_alternative<Decimal>(read) && std::get<Decimal>(read) == *a,
            "a decimal that was written reads back as another one");
    require(*a + *b - *b == *a, "a + b - b is not a");
    require((*a * *b).compare(*b * *a) == 0, "a * b is not b * a");
    if (!b->is_zero()) a->divide(*b, 16).to_string();
}

}  // namespace

std::span<const Target> targets() {
    static const std::vector<Target> all{
        {"graph", run_graph, {"type=",      "->",     "--",     "$(a)",     "$(a.b.0)",       "[type=",
                              "]",          "<{",     "}>",     "\"",       "\\\n",           "subgraph",
                              "node",       "strict", "bridge", "multiply", "jsonparse",      "input",
                              "index=",     "/*",     "*/",     "//",       "timeout=\"1s\"", "retries=",
                              "failEarly=", "{",      "}",      ";",        "digraph"}},
        {"abi",
         run_abi,
         {"uint256",
          "int8",
          "bytes32",
          "bytes",
          "string",
          "address",
          "bool",
          "[]",
          "[3]",
          "[0]",
          "tuple",
          "function",
          "indexed ",
          ", ",
          " a",
          "(",
          ")",
          "calldata",
          "{\"name\":\"f\",\"inputs\":[",
          "\"type\":",
          "\"components\":",
          std::string_view("\0\0\0\0\0\0\0\x20", 8),
          "\xff\xff\xff\xff\xff\xff\xff\xff"}},
        {"cbor",
         run_cbor,
         {"\xbf", "\xff", "\xa1", "\x9f", "\x5f", "\x7f", "\xc2", "\xc3", "\xd9\xd9\xf7", "\xf9\x7e",
          "\xfb\x7f\xf0", "\x1b\xff\xff\xff\xff\xff\xff\xff\xff", "\x3b",
          "\x63"
          "foo",
          "\x82", "\xf6", "\xe0"}},
        {"jsonpath",
         run_json_path,
         {",", "0", "-1", "+1", "\"a\":", "{", "}", "[", "]", "null", "true", "1e308", "1e400", "-0",
          "\\u0000", "\\ud800", "0x", "18446744073709551616", "\xff"}},
        {"decimal",
         run_decimal,
         {"e", "E-", "+", "-", ".", "0", "00000000", "99999999999999999999", "2147483647", "-2147483648",
          "1e", "\n", " ", "NaN"}},
    };
    return all;
}

}  // namespace baton::fuzz
