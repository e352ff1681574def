#include "baton/codec/vectors_testing.hpp"

#include "baton/codec/cbor.hpp"
#include "baton/codec/dot.hpp"

namespace baton::codec {
namespace {

/// Finds the address in the expected text, whatever the case of its digits, because EIP-55 needs a hash.
ChecksumText checksum_from(std::string expected) {
    return [expected = std::move(expected)](const Address& address) {
        const std::string text = to_0x(address.view());
        const auto place = lower(expected).find(text);
        return place == std::string::npos ? text : expected.substr(place, text.size());
    };
}

TEST_F(Vectors, JsonRead) {
    for_each_case("json.read", [this](const Value& test_case, const Value& expect) {
        expect_value(expect, [&] { return read_json(param(test_case, "text")); });
    });
}

TEST_F(Vectors, JsonWrite) {
    for_each_case("json.write", [](const Value& test_case, const Value& expect) {
        const std::string text = string_or(expect, "json");
        EXPECT_EQ(write_stored_json(input_of(test_case), checksum_from(text)), text);
    });
}

Bytes hex_param(const Value& test_case) {
    return from_0x(param(test_case, "hex")).value();
}

void expect_stored(const Value& value, const Value& expect) {
    const std::string text = string_or(expect, "json");
    EXPECT_EQ(write_stored_json(value, checksum_from(text)), text);
}

TEST_F(Vectors, Cbor) {
    for_each_case("cbor.diet", [this](const Value& test_case, const Value& expect) {
        expect_value(expect, [&] { return read_cbor_diet(hex_param(test_case)); });
        if (member(expect, "json") != nullptr) expect_stored(read_cbor_diet(hex_param(test_case)), expect);
    });
    for_each_case("cbor.standard", [this](const Value& test_case, const Value& expect) {
        expect_value(expect, [&] { return read_cbor_standard(hex_param(test_case)); });
        if (member(expect, "json") != nullptr)
            expect_stored(read_cbor_standard(hex_param(test_case)), expect);
    });
}

void expect_same_attributes(const DotNode& node, const Value& task) {
    EXPECT_EQ(lower(*node.attribute("type")), string_or(task, "type"));
    for (const auto& [name, value] : *need(task, "attrs").map_or_null()) {
        const auto same_name = [&](const auto& attribute) { return lower(attribute.first) == lower(name); };
        const auto found = std::ranges::find_if(node.attributes, same_name);
        ASSERT_NE(found, node.attributes.end()) << name;
        if (const std::string* text = value.text_or_null()) {
            EXPECT_EQ(found->second, *text) << name;
        }
    }
}

void expect_same_edges(const DotGraph& graph, const DotNode& node, const Value& task) {
    const List& inputs = *need(task, "inputs").list_or_null();
    ASSERT_EQ(node.inputs.size(), inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        EXPECT_EQ(graph.nodes[node.inputs[i].from].dot_id, string_or(inputs[i], "from"));
        EXPECT_EQ(node.inputs[i].propagate, bool_or(inputs[i], "propagate", false));
    }
    const List& outputs = *need(task, "outputs").list_or_null();
    ASSERT_EQ(node.outputs.size(), outputs.size());
    for (std::size_t i = 0; i < outputs.size(); ++i)
        EXPECT_EQ(graph.nodes[node.outputs[i]].dot_id, *outputs[i].text_or_null());
}

TEST_F(Vectors, Parse) {
    for_each_case("parse", [](const Value& test_case, const Value& expect) {
        const std::string error = string_or(expect, "error", "no error");
        const std::string text = string_or(test_case, "pipeline");
        if (error.starts_with("could not unmarshal") || error.starts_with("Unable") ||
            error.starts_with("'input'")) {
            try {
                parse_dot(text);
                ADD_FAILURE() << "accepted";
            } catch (const DotError& refused) {
                EXPECT_NE(std::string(refused.what()).find(string_or(expect, "error_contains")),
                          std::string::npos)
                    << refused.what();
            }
            return;
        }
        const DotGraph graph = parse_dot(text);
        if (error != "no error") return;  // what attributes mean is the pipeline's
        const List& tasks = *need(expect, "tasks").list_or_null();
        ASSERT_EQ(graph.nodes.size(), tasks.size());
        for (std::size_t i = 0; i < tasks.size(); ++i) {
            EXPECT_EQ(int64_member(tasks[i], "id"), static_cast<std::int64_t>(i));
            EXPECT_EQ(graph.nodes[i].dot_id, string_or(tasks[i], "dot_id"));
            expect_same_attributes(graph.nodes[i], tasks[i]);
            expect_same_edges(graph, graph.nodes[i], tasks[i]);
        }
    });
}

}  // namespace
}  // namespace baton::codec
