#include "baton/codec/json.hpp"
#include "baton/pipeline/coerce.hpp"
#include "baton/pipeline/go_text.hpp"

namespace baton::pipeline {

using codec::Value;

namespace {

Failure expected_but_got(std::string_view expected, const Value& value) {
    return bad_input("expected " + std::string(expected) + ", got " + value.go_kind());
}

/// The text inside a memo object, or nullptr.
const std::string* memo_text(const Value& value) {
    const codec::MemoObject* memo = value.memo_or_null();
    return memo == nullptr ? nullptr : memo->inner.text_or_null();
}

/// Null elements of a JSON list of texts are empty texts.
Result<std::vector<std::string>> texts_of_json(std::string_view json) {
    Value parsed;
    try {
        parsed = codec::read_json(json);
    } catch (const codec::JsonError& error) {
        return bad_input(error.what());
    }
    std::vector<std::string> texts;
    if (parsed.is_null()) return texts;
    const auto mismatch = [](const Value& value, std::string_view type) {
        return bad_input("json: cannot unmarshal " + std::string(json_kind_name(value)) +
                         " into Go value of type " + std::string(type));
    };
    const codec::List* list = parsed.list_or_null();
    if (list == nullptr) return mismatch(parsed, "[]string");
    for (const Value& item : *list) {
        const std::string* text = item.text_or_null();
        if (text == nullptr && !item.is_null()) return mismatch(item, "string");
        texts.push_back(text == nullptr ? std::string() : *text);
    }
    return texts;
}

std::vector<std::string> split(std::string_view text, std::string_view separator) {
    std::vector<std::string> parts;
    while (true) {
        const auto at = text.find(separator);
        parts.emplace_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + separator.size());
    }
}

}  // namespace

Result<std::string> to_text(const Value& value) {
    if (const std::string* text = value.text_or_null()) return *text;
    if (const Bytes* bytes = value.get_if<Bytes>()) return std::string(as_text(*bytes));
    if (const std::string* text = memo_text(value)) return *text;
    return expected_but_got("string", value);
}

BytesParam BytesParam::view_of(BytesView bytes) {
    BytesParam param;
    param.view_ = bytes;
    param.is_null_ = false;
    return param;
}

BytesParam BytesParam::owning(Bytes bytes) {
    BytesParam param;
    param.owned_ = std::move(bytes);
    param.is_null_ = false;
    return param;
}

Result<BytesParam> to_bytes_param(const Value& value) {
    if (const std::string* text = value.text_or_null()) {
        if (auto decoded = from_0x(*text)) return BytesParam::owning(std::move(*decoded));
        return BytesParam::view_of(as_bytes(*text));
    }
    if (const Bytes* bytes = value.get_if<Bytes>()) return BytesParam::view_of(*bytes);
    if (value.is_null()) return BytesParam();
    if (const std::string* text = memo_text(value)) return BytesParam::view_of(as_bytes(*text));
    return expected_but_got("array of bytes", value);
}

Result<bool> to_bool(const Value& value) {
    if (const std::string* text = value.text_or_null()) {
        auto parsed = parse_bool(*text);
        if (!parsed) return bad_input(parsed.error().text);
        return parsed;
    }
    if (const bool* flag = value.get_if<bool>()) return *flag;
    if (const codec::MemoObject* memo = value.memo_or_null()) {
        if (const bool* flag = memo->inner.get_if<bool>()) return *flag;
    }
    return expected_but_got("true or false", value);
}

Result<std::optional<std::vector<std::string>>> to_texts(const Value& value) {
    using Texts = std::optional<std::vector<std::string>>;
    if (value.is_null()) return Texts();
    std::vector<std::string> texts;
    if (const std::string* json = value.text_or_null()) {
        auto parsed = texts_of_json(*json);
        if (!parsed) return parsed.error();
        texts = std::move(*parsed);
    } else if (const Bytes* bytes = value.get_if<Bytes>()) {
        auto parsed = texts_of_json(as_text(*bytes));
        if (!parsed) return parsed.error();
        texts = std::move(*parsed);
    } else if (const codec::List* list = value.list_or_null()) {
        for (const Value& item : *list) {
            auto text = to_text(item);
            if (!text) return text.error();
            texts.push_back(std::move(*text));
        }
    } else if (const codec::TypedList* typed = value.typed_list_or_null();
               typed != nullptr && typed->element == "string" && typed->fixed_length == 0) {
        for (const Value& item : typed->items)
            texts.push_back(*item.text_or_null());
    } else {
        return expected_but_got("string slice", value);
    }
    return Texts(std::move(texts));
}

Result<std::optional<std::vector<std::string>>> to_json_path(const Value& value, std::string_view separator) {
    using Path = std::optional<std::vector<std::string>>;
    if (value.is_null()) return Path();
    const auto split_text = [&](std::string_view text) -> Path {
        if (!text.empty()) return split(text, separator.empty() ? "," : separator);
        // v1.11.0 keeps a separator of its own as the only segment of an empty path.
        if (separator.empty() || separator == ",") return Path();
        return Path(std::vector<std::string>{std::string(separator)});
    };
    if (const std::string* text = value.text_or_null()) return split_text(*text);
    if (const Bytes* bytes = value.get_if<Bytes>()) return split_text(as_text(*bytes));
    if (const codec::List* list = value.list_or_null()) {
        if (list->empty()) return Path();
        std::vector<std::string> segments;
        for (const Value& item : *list) {
            const std::string* text = item.text_or_null();
            if (text == nullptr) return bad_input();
            segments.push_back(*text);
        }
        return Path(std::move(segments));
    }
    return bad_input();
}

}  // namespace baton::pipeline
