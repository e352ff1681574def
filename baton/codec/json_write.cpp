#include "baton/base/base64.hpp"
#include "baton/base/uuid.hpp"
#include "baton/codec/go_value.hpp"
#include "baton/codec/json.hpp"
#include "baton/codec/utf8.hpp"

#include <chrono>
#include <cmath>
#include <stdexcept>

namespace baton::codec {

namespace {

void append_escape(std::string& out, char32_t code_point) {
    constexpr std::string_view hex = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4)
        out += hex[(code_point >> shift) & 15];
}

/// True if the byte was written: an ASCII character that needs an escape.
bool append_special(std::string& out, char c) {
    switch (c) {
        case '"':
        case '\\':
            out += {'\\', c};
            return true;
        case '\n':
            out += "\\n";
            return true;
        case '\r':
            out += "\\r";
            return true;
        case '\t':
            out += "\\t";
            return true;
        case '<':
        case '>':
        case '&':
            append_escape(out, static_cast<unsigned char>(c));
            return true;
        default:
            if (static_cast<unsigned char>(c) >= 0x20) return false;
            append_escape(out, static_cast<unsigned char>(c));
            return true;
    }
}

void append_quoted(std::string& out, std::string_view text) {
    constexpr char32_t line_separator = 0x2028;
    constexpr char32_t paragraph_separator = 0x2029;
    out += '"';
    for (std::size_t at = 0; at < text.size();) {
        if (static_cast<unsigned char>(text[at]) < 0x80) {
            if (!append_special(out, text[at])) out += text[at];
            ++at;
            continue;
        }
        const Utf8Step step = next_utf8(text, at);
        if (!step.valid || step.code_point == line_separator || step.code_point == paragraph_separator) {
            append_escape(out, step.code_point);
        } else {
            out += text.substr(at, step.length);
        }
        at += step.length;
    }
    out += '"';
}

template <typename Float>
void append_float(std::string& out, Float value) {
    if (!std::isfinite(value)) throw JsonUnsupported("json: unsupported value: " + go_float_text(value));
    out += json_number(value);
}

void append_number_array(std::string& out, BytesView bytes) {
    out += '[';
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i > 0) out += ',';
        out += std::to_string(bytes[i]);
    }
    out += ']';
}

void append_decimal(std::string& out, const Decimal& value) {
    try {
        out += '"' + value.to_string() + '"';
    } catch (const std::overflow_error& error) {
        throw JsonUnsupported(error.what());
    }
}

void append_time(std::string& out, WallTime time) {
    const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(time)};
    if (date.year() < std::chrono::year{0} || date.year() > std::chrono::year{9999}) {
        throw JsonUnsupported(
            "json: error calling MarshalJSON for type time.Time: Time.MarshalJSON: year outside of range "
            "[0,9999]");
    }
    out += '"' + to_rfc3339(time) + '"';
}

/// Values of which v1.11.0 stores lists element by element (reference/pipeline.md section 13.3).
bool is_rewritten_list(const TypedList& list) {
    return list.fixed_length == 0 &&
           (list.element == "bytes" || list.element == "address" || list.element == "hash");
}

/// Writes without recursion, so that depth costs no call stack: each open container is a cursor.
class Writer {
  public:
    explicit Writer(const ChecksumText* checksum) : checksum_(checksum) {}

    std::string run(const Value& value) {
        write(value, checksum_ != nullptr);
        while (!open_.empty()) {
            Cursor& cursor = open_.back();
            if (cursor.next == cursor.count) {
                out_ += cursor.close;
                open_.pop_back();
                continue;
            }
            if (cursor.next > 0) out_ += ',';
            const bool stored = cursor.stored;
            write(advance(cursor), stored);
        }
        return std::move(out_);
    }

  private:
    struct Cursor {
        char close;
        /// The members follow the storage rules.
        bool stored;
        std::size_t count;
        std::size_t next = 0;
        const List* list = nullptr;
        Map::const_iterator member{};
        const Tuple* tuple = nullptr;
    };

    /// Writes the key, if there is one, and returns the value that follows it.
    const Value& advance(Cursor& cursor) {
        const std::size_t index = cursor.next++;
        if (cursor.list != nullptr) return (*cursor.list)[index];
        if (cursor.tuple != nullptr) {
            const auto& [name, value] = cursor.tuple->members[index];
            key(name);
            return value;
        }
        const auto member = cursor.member++;
        key(member->first);
        return member->second;
    }

    void key(std::string_view name) {
        append_quoted(out_, name);
        out_ += ':';
    }

    void open_list(const List& list, bool stored) {
        out_ += '[';
        Cursor cursor{']', stored, list.size()};
        cursor.list = &list;
        open_.push_back(cursor);
    }

    void write(const Value& value, bool stored) {
        value.visit([this, stored](const auto& held) { put(held, stored); });
    }

    void put(const Null&, bool) { out_ += "null"; }
    void put(bool value, bool) { out_ += value ? "true" : "false"; }
    void put(const std::string& text, bool) { append_quoted(out_, text); }
    template <std::integral T>
    void put(T value, bool) {
        out_ += std::to_string(value);
    }
    void put(float value, bool) { append_float(out_, value); }
    void put(double value, bool) { append_float(out_, value); }
    void put(const BigInt& value, bool) { out_ += to_decimal(value); }
    void put(const CborBignum&, bool) { out_ += "{}"; }
    void put(const Decimal& value, bool) { append_decimal(out_, value); }
    void put(const Bytes& bytes, bool stored) {
        out_ += '"' + (stored ? to_0x(bytes) : to_base64(bytes)) + '"';
    }
    void put(const Address& address, bool stored) {
        out_ += '"' + (stored ? (*checksum_)(address) : to_0x(address.view())) + '"';
    }
    void put(const Hash& hash, bool) { out_ += '"' + to_0x(hash.view()) + '"'; }
    void put(const FixedBytesValue& value, bool stored) {
        if (stored) {
            out_ += '"' + to_0x(value.bytes) + '"';
        } else if (value.uuid && value.bytes.size() == Uuid::size()) {
            Uuid uuid;
            std::ranges::copy(value.bytes, uuid.bytes.begin());
            out_ += '"' + uuid.to_string() + '"';
        } else {
            append_number_array(out_, value.bytes);
        }
    }
    void put(const WallTime& time, bool) { append_time(out_, time); }
    void put(const ErrorValue&, bool) { out_ += "{}"; }

    void put(const std::shared_ptr<List>& list, bool stored) {
        if (stored && list->empty()) {
            out_ += "null";
        } else {
            open_list(*list, stored);
        }
    }
    void put(const std::shared_ptr<Map>& map, bool stored) {
        out_ += '{';
        Cursor cursor{'}', stored, map->size()};
        cursor.member = map->begin();
        open_.push_back(cursor);
    }
    void put(const std::shared_ptr<TypedList>& list, bool stored) {
        const bool rewritten = stored && is_rewritten_list(*list);
        if (rewritten && list->items.empty()) {
            out_ += "null";
        } else {
            open_list(list->items, rewritten);
        }
    }
    void put(const std::shared_ptr<Tuple>& tuple, bool) {
        out_ += '{';
        Cursor cursor{'}', false, tuple->members.size()};
        cursor.tuple = tuple.get();
        open_.push_back(cursor);
    }
    void put(const std::shared_ptr<GenericMap>&, bool) {
        throw JsonUnsupported("json: unsupported type: map[interface {}]interface {}");
    }
    void put(const std::shared_ptr<MemoObject>& memo, bool) {
        // What memo objects hold is of request form, also when stored; a chain of them is followed without
        // recursion.
        const Value* inner = &memo->inner;
        while (const MemoObject* next = inner->memo_or_null())
            inner = &next->inner;
        write(*inner, false);
    }

    const ChecksumText* checksum_;
    std::string out_;
    std::vector<Cursor> open_;
};

}  // namespace

std::string write_json(const Value& value) {
    return Writer(nullptr).run(value);
}

std::string write_stored_json(const Value& value, const ChecksumText& checksum) {
    return Writer(&checksum).run(value);
}

std::string quote_json(std::string_view text) {
    std::string out;
    append_quoted(out, text);
    return out;
}

}  // namespace baton::codec
