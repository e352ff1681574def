#include "cmd/baton/client.hpp"

#include "baton/codec/json.hpp"
#include "cmd/baton/failure.hpp"

namespace baton::cli {

namespace {

constexpr unsigned unauthorized = 401;
/// Lists of thousands of jobs are a few megabytes.
constexpr std::size_t most_bytes = std::size_t{1} << 30;

/// Variables of Go's default transport, in either case.
std::string proxy_variable(const Surroundings& surroundings, const std::string& upper,
                           const std::string& lower) {
    if (auto value = surroundings.environment(upper)) return *std::move(value);
    return surroundings.environment(lower).value_or("");
}

net::HttpClientOptions client_options(const Invocation& invocation) {
    const auto& surroundings = invocation.surroundings();
    net::HttpClientOptions options;
    options.verify_tls = invocation.globals().verify_tls;
    options.proxy.http = proxy_variable(surroundings, "HTTP_PROXY", "http_proxy");
    options.proxy.https = proxy_variable(surroundings, "HTTPS_PROXY", "https_proxy");
    options.proxy.no_proxy = proxy_variable(surroundings, "NO_PROXY", "no_proxy");
    return options;
}

/// "GET" as Go writes it in errors: "Get".
std::string title_case(const std::string& method) {
    std::string title = method.substr(0, 1);
    for (std::size_t i = 1; i < method.size(); ++i)
        title += static_cast<char>(method[i] - 'A' + 'a');
    return title;
}

std::string without_trailing_slash(std::string url) {
    while (url.ends_with('/'))
        url.pop_back();
    return url;
}

/// As Go writes a path with blanks.
std::string escaped(const std::string& path) {
    std::string result;
    for (const char c : path) {
        if (c == ' ') {
            result += "%20";
        } else {
            result += c;
        }
    }
    return result;
}

}  // namespace

Client::Client(const Invocation& invocation) : Client(invocation, invocation.globals().remote_url) {}

Client::Client(const Invocation& invocation, std::string url)
    : globals_(&invocation.globals()),
      url_(without_trailing_slash(std::move(url))),
      cookie_(invocation.surroundings().root),
      http_(std::make_unique<net::HttpClient>(loop_.executor(), client_options(invocation))) {}

Client::~Client() = default;

net::ClientResponse Client::exchange(const std::string& method, const std::string& path,
                                     const std::string& body, bool with_cookie, const Headers& headers) {
    net::ClientRequest request;
    request.method = method;
    request.url = url_ + escaped(path);
    request.headers.add("Content-Type", "application/json");
    for (const auto& [name, value] : headers)
        request.headers.add(name, value);
    if (with_cookie) {
        if (auto cookie = cookie_.read()) request.headers.add("Cookie", *std::move(cookie));
    }
    request.body = body;
    request.max_response_bytes = most_bytes;
    const auto failed = title_case(method) + " \"" + request.url + "\": ";
    auto result = loop_.run_until_done(http_->send(std::move(request)));
    if (const auto* error = std::get_if<net::ClientError>(&result)) throw Failure(failed + error->text);
    return std::get<net::ClientResponse>(std::move(result));
}

void Client::login(const Globals::Credentials& credentials) {
    codec::Map members;
    members["email"] = codec::Value(credentials.email);
    members["password"] = codec::Value(credentials.password);
    const auto body = codec::write_json(codec::Value::map(std::move(members)));
    const auto response = exchange("POST", "/sessions", body, false);
    if (response.status == unauthorized) throw Failure("Unauthorized");
    if (response.status >= first_error) throw Failure(error_text(response.status, response.body));
    for (const auto& cookie : response.headers.all("Set-Cookie")) {
        if (!cookie.starts_with("clsession=")) continue;
        cookie_.save(cookie);
        return;
    }
    throw Failure("did not receive cookie with session id");
}

Client::Answer Client::send(const std::string& method, const std::string& path, const std::string& body,
                            const Headers& headers) {
    auto response = exchange(method, path, body, true, headers);
    if (response.status == unauthorized && globals_->credentials) {
        login(*globals_->credentials);
        response = exchange(method, path, body, true, headers);
    }
    return {response.status, std::move(response.body)};
}

std::string Client::fetch(const std::string& method, const std::string& path, const std::string& prefix,
                          const std::string& body) {
    auto answer = send(method, path, body);
    if (answer.status >= first_error) throw Failure(prefix + error_text(answer.status, answer.body));
    return std::move(answer.body);
}

std::string error_text(unsigned status, const std::string& body) {
    if (status == unauthorized) {
        return "Unauthorized; your credentials may be missing, invalid or you may need to login first using "
               "the CLI "
               "via 'chainlink admin login'";
    }
    try {
        const auto document = codec::read_json(body);
        std::string details;
        const auto* errors = codec::member(document, "errors");
        if (errors && errors->list_or_null()) {
            for (const auto& error : *errors->list_or_null())
                details += (details.empty() ? "" : ",") + codec::string_or(error, "detail");
        }
        return "Error; " + details;
    } catch (const codec::JsonError& fault) {
        return std::string("Error; ") + fault.what() + "; " + body;
    }
}

}  // namespace baton::cli
