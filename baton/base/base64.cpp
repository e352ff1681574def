#include "baton/base/base64.hpp"

#include <algorithm>
#include <utility>

namespace baton {

namespace {

std::string_view letters(Base64Alphabet alphabet) {
    return alphabet == Base64Alphabet::standard
               ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
               : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
}

class Base64Reader {
  public:
    Base64Reader(std::string_view text, Base64Alphabet alphabet) : text_(text), letters_(letters(alphabet)) {}

    std::variant<Bytes, Base64Fault> read() {
        out_.reserve(text_.size() / 4 * 3);
        while (!ended_) {
            if (const auto fault = read_group()) return *fault;
        }
        return std::move(out_);
    }

  private:
    void skip_line_ends() {
        while (at_ < text_.size() && (text_[at_] == '\r' || text_[at_] == '\n'))
            ++at_;
    }

    std::optional<Base64Fault> read_group() {
        std::uint32_t bits = 0;
        for (std::size_t count = 0; count < 4; ++count) {
            skip_line_ends();
            if (at_ == text_.size()) {
                ended_ = true;
                if (count == 0) return std::nullopt;
                return Base64Fault{at_ - count};
            }
            const char c = text_[at_++];
            if (c == '=') return read_padding(bits, count);
            const auto digit = letters_.find(c);
            if (digit == std::string_view::npos) return Base64Fault{at_ - 1};
            bits = bits << 6 | static_cast<std::uint32_t>(digit);
        }
        append(bits, 3);
        return std::nullopt;
    }

    std::optional<Base64Fault> read_padding(std::uint32_t bits, std::size_t count) {
        if (count < 2) return Base64Fault{at_ - 1};
        if (count == 2) {
            skip_line_ends();
            if (at_ == text_.size()) return Base64Fault{at_};
            if (text_[at_] != '=') return Base64Fault{at_};
            ++at_;
        }
        skip_line_ends();
        if (at_ < text_.size()) return Base64Fault{at_};
        append(bits << (6 * (4 - count)), count - 1);
        ended_ = true;
        return std::nullopt;
    }

    void append(std::uint32_t bits, std::size_t bytes) {
        for (std::size_t i = 0; i < bytes; ++i)
            out_.push_back(static_cast<std::uint8_t>(bits >> (16 - 8 * i)));
    }

    std::string_view text_;
    std::string_view letters_;
    std::size_t at_ = 0;
    bool ended_ = false;
    Bytes out_;
};

}  // namespace

std::string to_base64(BytesView bytes, Base64Alphabet alphabet) {
    const std::string_view digits = letters(alphabet);
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t bits = 0;
        for (std::size_t j = 0; j < 3; ++j)
            bits = bits << 8 | (j < count ? bytes[i + j] : 0U);
        for (std::size_t j = 0; j < 4; ++j)
            out.push_back(j <= count ? digits[bits >> (18 - 6 * j) & 63] : '=');
    }
    return out;
}

std::variant<Bytes, Base64Fault> decode_base64(std::string_view text, Base64Alphabet alphabet) {
    return Base64Reader(text, alphabet).read();
}

std::optional<Bytes> from_base64(std::string_view text, Base64Alphabet alphabet) {
    auto decoded = decode_base64(text, alphabet);
    if (auto* bytes = std::get_if<Bytes>(&decoded)) return std::move(*bytes);
    return std::nullopt;
}

}  // namespace baton
