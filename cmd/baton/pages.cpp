#include "cmd/baton/pages.hpp"

#include "cmd/baton/client.hpp"
#include "cmd/baton/failure.hpp"

namespace baton::cli {

std::vector<Resource> fetch_page(const Invocation& invocation, const std::string& path) {
    const auto page = invocation.flags().integer("page");
    Client client(invocation);
    const auto answer = client.send("GET", page > 0 ? path + "?page=" + std::to_string(page) : path);
    if (answer.status >= first_error)
        throw PlainFailure("parseResponse error: " + error_text(answer.status, answer.body));
    try {
        return read_resources(answer.body);
    } catch (const Failure& failure) {
        throw PlainFailure(failure.what());
    }
}

}  // namespace baton::cli
