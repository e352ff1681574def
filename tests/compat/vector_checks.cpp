#include "vector_checks.hpp"

#include "baton/codec/json.hpp"
#include "baton/codec/vector_value.hpp"
#include "baton/pipeline/go_text.hpp"
#include "baton/pipeline/stored_json.hpp"

#include <algorithm>

namespace baton::compat {

using codec::Value;

namespace {

/// The case file is UTF-8: bytes that are not were replaced in it.
Value as_written(const Value& actual) {
    const std::string* text = actual.text_or_null();
    return text == nullptr || text->find('\0') != std::string::npos ? actual
                                                                    : Value(pipeline::storable_text(*text));
}

}  // namespace

std::string plain_text(const Value& json) {
    const std::string* text = json.text_or_null();
    return text != nullptr ? *text : codec::write_json(json);
}

void Checks::equal(std::string_view what, std::string_view actual, std::string_view expected) {
    if (actual == expected) return;
    fail(std::string(what) + ": got " + std::string(actual) + "\n      expected " + std::string(expected));
}

void Checks::equal(std::string_view what, bool actual, bool expected) {
    equal(what, actual ? std::string_view("true") : "false", expected ? std::string_view("true") : "false");
}

void Checks::same(std::string_view what, const Value& actual, const Value& expected) {
    const std::string difference = codec::vector_difference(as_written(actual), expected);
    if (!difference.empty()) fail(std::string(what) + ": " + difference);
}

void Checks::member(std::string_view name, std::string_view actual) {
    if (const Value* expected = case_.expect(name)) equal(name, actual, plain_text(*expected));
}

void Checks::flag(std::string_view name, bool actual) {
    const Value* expected = case_.expect(name);
    equal(name, actual, expected != nullptr && plain_text(*expected) == "true");
}

void Checks::outcome(const Value& actual) {
    if (const codec::ErrorValue* error = actual.error_or_null()) return this->error(error->text);
    value(actual);
}

void Checks::value(const Value& actual) {
    if (const Value* expected = case_.expect("error_contains")) {
        fail("got " + codec::describe(actual) + "\n      expected an error with: " + plain_text(*expected));
        return;
    }
    if (const Value* expected = case_.expect("value"))
        same("value", actual, codec::read_vector_value(*expected));
    member("type", codec::vector_kind(actual));
    if (const Value* choices = case_.expect("one_of")) {
        const auto fits = [&](const Value& choice) {
            return codec::vector_difference(actual, codec::read_vector_value(choice)).empty();
        };
        if (!std::ranges::any_of(*choices->list_or_null(), fits)) fail("got " + codec::describe(actual));
    }
    const auto json = pipeline::stored_json(actual);
    if (const Value* expected = case_.expect("json")) {
        equal("json", json ? *json : json.error().text, plain_text(*expected));
    }
    if (const Value* expected = case_.expect("json_error")) {
        equal("json_error", json ? *json : json.error().text, plain_text(*expected));
    }
}

void Checks::error(std::string_view actual) {
    const Value* part = case_.expect("error_contains");
    if (part == nullptr) {
        fail("got the error: " + std::string(actual));
        return;
    }
    const std::string text = plain_text(*part);
    if (actual.find(text) == std::string_view::npos) {
        fail("error: got " + std::string(actual) + "\n      expected a text with: " + text);
    }
    if (strict_) member("error", actual);
}

}  // namespace baton::compat
