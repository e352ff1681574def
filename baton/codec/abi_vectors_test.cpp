#include "baton/codec/abi.hpp"
#include "baton/codec/vectors_testing.hpp"

namespace baton::codec {
namespace {

/// The variable that an attribute's "$(name.name)" stands for; nullptr for other texts.
const Value* variable(const Value& test_case, std::string_view attribute) {
    const Value* vars = member(test_case, "vars");
    if (vars == nullptr || !attribute.starts_with("$(") || !attribute.ends_with(")")) return nullptr;
    attribute = attribute.substr(2, attribute.size() - 3);
    const auto dot = attribute.find('.');
    if (dot == std::string_view::npos) return member(*vars, attribute);
    return at(*vars, {attribute.substr(0, dot), attribute.substr(dot + 1)});
}

/// The `data` literal of an encoding task with its variables put in. Null if it has none.
Value data_of(const Value& test_case) {
    std::string text = param(test_case, "data");
    if (text.empty()) return Value::map({});
    List variables;
    for (auto begin = text.find("$("); begin != std::string::npos; begin = text.find("$(")) {
        const auto end = text.find(')', begin) + 1;
        const Value* value = variable(test_case, text.substr(begin, end - begin));
        variables.push_back(value == nullptr ? Value() : read_vector_value(*value));
        text.replace(begin, end - begin, "{\"$v\":" + std::to_string(variables.size() - 1) + "}");
    }
    const Value json = read_first_json(text);
    Map data = *json.map_or_null();
    for (auto& [name, value] : data) {
        if (const auto index = int64_member(value, "$v"))
            value = variables.at(static_cast<std::size_t>(*index));
    }
    return Value::map(std::move(data));
}

/// What v1.11.0's encoding tasks do around the codec; the selector, which needs a hash, is zero.
std::string encode(const AbiSignature& signature, const Map& data) {
    std::vector<Value> values;
    for (const AbiArgument& argument : signature.arguments) {
        if (argument.name.empty()) throw AbiError("bad ABI specification, missing argument name");
        const auto found = data.find(argument.name);
        if (found == data.end()) throw AbiError("argument '" + argument.name + "' is missing");
        try {
            values.push_back(abi_convert(found->second, argument.type));
        } catch (const AbiConversionError& error) {
            throw AbiError("while converting argument '" + argument.name + "' from " + error.from_kind() +
                           " to " + argument.type.canonical + ": " + error.what());
        }
    }
    const std::string selector = signature.name.empty() ? "" : "00000000";
    return "0x" + selector + to_hex(abi_encode(signature.arguments, values));
}

std::string without_selector(const AbiSignature& signature, std::string text) {
    return signature.name.empty() ? text : text.replace(2, 8, "00000000");
}

/// Errors that the codec has no part in.
bool is_foreign(const Value& expect) {
    const std::string error = string_or(expect, "error");
    return error.ends_with(": parameter is empty") || error.ends_with(": index out of range") ||
           error.find("too many errors") != std::string::npos ||
           error.find("error is not allowed") != std::string::npos;
}

AbiSignature signature_of(const Value& test_case, bool json) {
    const std::string abi = param(test_case, "abi");
    try {
        return json ? parse_abi_json(abi) : parse_abi_signature(abi, false);
    } catch (const InvalidInput& error) {
        throw AbiError("while parsing ABI string: " + std::string(error.what()));
    }
}

void replay_encoding(const Value& test_case, const Value& expect, bool json) {
    if (is_foreign(expect)) return;
    const bool fails = member(expect, "error_contains") != nullptr;
    try {
        const AbiSignature signature = signature_of(test_case, json);
        const std::string text = encode(signature, *data_of(test_case).map_or_null());
        EXPECT_EQ(text, without_selector(signature, string_or(expect, "value")))
            << string_or(expect, "error");
    } catch (const AbiAbort& abort) {
        EXPECT_EQ("goroutine panicked when executing run: " + std::string(abort.what()),
                  string_or(expect, "error"));
    } catch (const AbiError& error) {
        EXPECT_TRUE(fails) << error.what();
        EXPECT_EQ("ETHABIEncode: " + std::string(error.what()) + ": bad input for task",
                  string_or(expect, "error"));
    }
}

Bytes bytes_of(const Value* value) {
    if (value == nullptr) return {};
    const Value data = read_vector_value(*value);
    if (const auto* bytes = data.get_if<Bytes>()) return *bytes;
    const std::string* text = data.text_or_null();
    if (text == nullptr) return {};
    return from_0x(*text).value_or(to_bytes(*text));
}

std::vector<Hash> topics_of(const Value& value) {
    const Value topics = read_vector_value(value);
    if (const std::string* text = topics.text_or_null()) return topics_of(read_json(*text));
    std::vector<Hash> hashes;
    const TypedList* typed = topics.typed_list_or_null();
    for (const Value& topic : typed == nullptr ? *topics.list_or_null() : typed->items) {
        const auto* hash = topic.get_if<Hash>();
        hashes.push_back(hash != nullptr ? *hash : parse_hash(*topic.text_or_null()).value());
    }
    return hashes;
}

TEST_F(Vectors, AbiParseArguments) {
    const auto replay = [](const Value& expect, const AbiArguments& arguments) {
        const List& expected = *need(expect, "args").list_or_null();
        ASSERT_EQ(arguments.size(), expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            EXPECT_EQ(arguments[i].name, string_or(expected[i], "name"));
            EXPECT_EQ(arguments[i].type.canonical, string_or(expected[i], "type"));
            EXPECT_EQ(arguments[i].indexed, bool_or(expected[i], "indexed", false));
        }
    };
    const auto guarded = [](const Value& expect, auto&& read) {
        try {
            read();
            EXPECT_EQ(member(expect, "error_contains"), nullptr) << "accepted";
        } catch (const AbiError& error) {
            EXPECT_EQ(error.what(), string_or(expect, "error", "no error"));
        }
    };
    for_each_case("abi.parseargs", [&](const Value& test_case, const Value& expect) {
        guarded(expect, [&] {
            replay(expect, parse_abi_arguments(param(test_case, "abi"), param(test_case, "isLog") == "true"));
        });
    });
    for_each_case("abi.parsesignature", [&](const Value& test_case, const Value& expect) {
        guarded(expect, [&] {
            const AbiSignature signature =
                parse_abi_signature(param(test_case, "abi"), param(test_case, "isLog") == "true");
            EXPECT_EQ(signature.name, string_or(expect, "name"));
            replay(expect, signature.arguments);
        });
    });
}

TEST_F(Vectors, AbiConvert) {
    for_each_case("abi.convert", [this](const Value& test_case, const Value& expect) {
        const AbiType type = parse_abi_type(param(test_case, "type"));
        try {
            expect_value(expect, [&] {
                try {
                    return abi_convert(input_of(test_case), type);
                } catch (const AbiAbort& abort) {
                    throw AbiError("goroutine panicked when executing run: " + std::string(abort.what()));
                }
            });
        } catch (const std::exception& error) {
            ADD_FAILURE() << error.what();
        }
    });
}

TEST_F(Vectors, AbiEncode) {
    for_each_case("ethabiencode", [](const Value& test_case, const Value& expect) {
        replay_encoding(test_case, expect, false);
    });
    for_each_case("ethabiencode2", [](const Value& test_case, const Value& expect) {
        replay_encoding(test_case, expect, true);
    });
}

TEST_F(Vectors, AbiDecode) {
    for_each_case("ethabidecode", [this](const Value& test_case, const Value& expect) {
        if (is_foreign(expect)) return;
        const std::string attribute = param(test_case, "data");
        const Bytes data = bytes_of(attribute.empty() ? at(test_case, {"inputs", "0", "value"})
                                                      : variable(test_case, attribute));
        std::string suffix = ": bad input for task";
        expect_value(expect, [&] {
            try {
                const AbiArguments arguments = parse_abi_arguments(param(test_case, "abi"), false);
                suffix.clear();
                return Value::map(data.empty() ? Map() : abi_decode_map(arguments, data));
            } catch (const AbiError& error) {
                throw AbiError(error.what() + suffix);
            }
        });
    });
}

TEST_F(Vectors, AbiDecodeLog) {
    for_each_case("ethabidecodelog", [this](const Value& test_case, const Value& expect) {
        if (is_foreign(expect)) return;
        const Bytes data = bytes_of(variable(test_case, param(test_case, "data")));
        const std::vector<Hash> topics = topics_of(*variable(test_case, param(test_case, "topics")));
        expect_value(expect, [&] {
            try {
                const AbiSignature signature = parse_abi_signature(param(test_case, "abi"), true);
                return Value::map(abi_decode_log(signature.arguments, data, topics));
            } catch (const AbiError& error) {
                throw AbiError(error.what() + std::string(": bad input for task"));
            }
        });
    });
}

}  // namespace
}  // namespace baton::codec
