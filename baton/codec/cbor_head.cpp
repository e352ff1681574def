#include "baton/codec/cbor_head.hpp"

#include "baton/codec/cbor.hpp"

#include <array>
#include <limits>

namespace baton::codec {

namespace {

constexpr std::uint8_t break_code = 0xFF;
constexpr std::uint8_t indefinite_info = 31;
constexpr int max_nesting = 32;
constexpr std::uint64_t max_items = 131'072;

/// Walks over one item. Recursion is bounded by the nesting limit.
class Checker {
  public:
    explicit Checker(BytesView bytes) : cursor_(bytes) {}

    void item(int depth) {
        const CborHead head = cursor_.head();
        switch (head.type) {
            case CborType::byte_string:
            case CborType::text_string:
                return head.indefinite ? chunks(head.type) : bytes(head);
            case CborType::array:
            case CborType::map:
                check_depth(depth + 1);
                return head.indefinite ? open_container(head.type, depth + 1) : container(head, depth + 1);
            case CborType::tag:
                return tag_content(depth);
            default:
                return;
        }
    }

  private:
    static void check_depth(int depth) {
        if (depth > max_nesting) throw CborError("cbor: exceeded max nested level 32");
    }

    static void check_length(const CborHead& head) {
        if (head.value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return;
        const bool string = head.type == CborType::byte_string || head.type == CborType::text_string;
        throw CborError("cbor: " + cbor_type_name(head.type) + " length " + std::to_string(head.value) +
                        (string ? " is too large, causing integer overflow"
                                : " is too large, it would cause integer overflow"));
    }

    static void check_items(CborType type, std::uint64_t count) {
        if (count <= max_items) return;
        throw CborError(type == CborType::array
                            ? "cbor: exceeded max number of elements 131072 for CBOR array"
                            : "cbor: exceeded max number of key-value pairs 131072 for CBOR map");
    }

    void bytes(const CborHead& head) {
        check_length(head);
        cursor_.take(head.value);
    }

    void chunks(CborType type) {
        while (!cursor_.skip_break()) {
            const std::string name = cbor_type_name(type);
            if (cursor_.peek_type() != type) {
                throw CborError("cbor: wrong element type " + cbor_type_name(cursor_.peek_type()) +
                                " for indefinite-length " + name);
            }
            if ((cursor_.peek() & 0x1F) == indefinite_info) {
                throw CborError("cbor: indefinite-length " + name + " chunk is not definite-length");
            }
            bytes(cursor_.head());
        }
    }

    void container(const CborHead& head, int depth) {
        check_length(head);
        check_items(head.type, head.value);
        const std::uint64_t items = head.type == CborType::map ? 2 * head.value : head.value;
        for (std::uint64_t i = 0; i < items; ++i)
            item(depth);
    }

    void open_container(CborType type, int depth) {
        std::uint64_t items = 0;
        while (!cursor_.skip_break()) {
            item(depth);
            ++items;
            check_items(type, type == CborType::map ? items / 2 : items);
        }
        if (type == CborType::map && items % 2 == 1) throw CborError("cbor: unexpected \"break\" code");
    }

    void tag_content(int depth) {
        while (cursor_.peek_type() == CborType::tag) {
            cursor_.head();
            check_depth(++depth);
        }
        item(depth);
    }

    CborCursor cursor_;
};

/// Bytes of the argument behind the first byte; info is 24 to 27.
constexpr std::size_t argument_size(std::uint8_t info) {
    return std::size_t{1} << (info - 24);
}

[[noreturn]] void invalid_info(const CborHead& head) {
    throw CborError("cbor: invalid additional information " + std::to_string(head.info) + " for type " +
                    cbor_type_name(head.type));
}

}  // namespace

std::string cbor_type_name(CborType type) {
    constexpr std::array names = {
        "positive integer", "negative integer", "byte string", "UTF-8 text string", "array", "map", "tag",
        "primitives"};
    return names.at(static_cast<std::size_t>(type));
}

std::uint8_t CborCursor::peek() const {
    if (rest_.empty()) throw CborError("unexpected EOF");
    return rest_.front();
}

CborHead CborCursor::head() {
    const std::uint8_t first = peek();
    CborHead head;
    head.type = static_cast<CborType>(first >> 5);
    head.info = first & 0x1F;
    head.value = head.info;
    rest_ = rest_.subspan(1);
    if (head.info < 24) return head;
    if (head.info == indefinite_info) {
        if (head.type == CborType::primitive) throw CborError("cbor: unexpected \"break\" code");
        if (head.type < CborType::byte_string || head.type == CborType::tag) invalid_info(head);
        head.indefinite = true;
        return head;
    }
    if (head.info > 27) invalid_info(head);
    head.value = 0;
    for (const std::uint8_t byte : take(argument_size(head.info)))
        head.value = (head.value << 8) | byte;
    if (head.type == CborType::primitive && head.info == 24 && head.value < 32) {
        throw CborError("cbor: invalid simple value " + std::to_string(head.value) + " for type primitives");
    }
    return head;
}

BytesView CborCursor::take(std::uint64_t count) {
    if (count > rest_.size()) throw CborError("unexpected EOF");
    const BytesView taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
}

bool CborCursor::skip_break() {
    if (peek() != break_code) return false;
    rest_ = rest_.subspan(1);
    return true;
}

void check_cbor(BytesView bytes) {
    Checker(bytes).item(0);
}

}  // namespace baton::codec
