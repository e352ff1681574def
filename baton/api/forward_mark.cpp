#include "baton/api/forward_mark.hpp"

#include "baton/base/bytes.hpp"
#include "baton/crypto/sha.hpp"

namespace baton::api {

std::string write_forward_mark(const ForwardMark& mark, const Uuid& token, std::string_view method,
                               std::string_view target) {
    const auto head = std::to_string(mark.epoch) + " " + mark.key;
    const auto message = "baton forwards\n" + head + "\n" + std::string(method) + "\n" + std::string(target);
    const auto mac = crypto::hmac_sha256(token.view(), as_bytes(message));
    return head + " " + to_hex(mac.view());
}

std::optional<ForwardMark> read_forward_mark(std::string_view header, std::int64_t epoch, const Uuid& token,
                                             std::string_view method, std::string_view target) {
    const auto first = header.find(' ');
    const auto second = header.find(' ', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    const ForwardMark mark{epoch, std::string(header.substr(first + 1, second - first - 1))};
    const auto expected = write_forward_mark(mark, token, method, target);
    if (!equal_constant_time(as_bytes(header), as_bytes(expected))) return std::nullopt;
    return mark;
}

}  // namespace baton::api
