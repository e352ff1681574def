#include "baton/net/http_client_testing.hpp"

namespace baton::net {
namespace {

class HttpClientRedirects : public HttpClientFixture {};

std::string redirect_to(const std::string& status, const std::string& location) {
    return "HTTP/1.1 " + status + " Moved\r\nLocation: " + location + "\r\nContent-Length: 0\r\n\r\n";
}

TEST_F(HttpClientRedirects, FollowsRedirectsWithGosRules) {
    Replying server([](const std::string& request) {
        if (request.find(" /302 ") != std::string::npos) return redirect_to("302", "/end");
        if (request.find(" /307 ") != std::string::npos) return redirect_to("307", "end");
        return answer("arrived");
    });
    EXPECT_EQ(good(post(server.url("/302"), "body")).body, "arrived");
    EXPECT_THAT(server.requests().at(1), StartsWith("GET /end "));
    EXPECT_THAT(server.requests().at(1), Not(HasSubstr("Content-Length")));
    EXPECT_THAT(server.requests().at(1), HasSubstr("Referer: " + server.url("/302") + "\r\n"));
    EXPECT_EQ(good(post(server.url("/307"), "body")).body, "arrived");
    EXPECT_THAT(server.requests().at(3), StartsWith("POST /end "));
    EXPECT_THAT(server.requests().at(3), ::testing::EndsWith("body"));
    auto plain = get(server.url("/302"));
    plain.follow_redirects = false;
    EXPECT_EQ(good(plain).status, 302u);
}

TEST_F(HttpClientRedirects, FollowsTenRedirectsAndNoMore) {
    Replying server([](const std::string& request) {
        const int number = std::stoi(request.substr(request.find('/') + 1));
        return number == 0 ? answer("end") : redirect_to("301", "/" + std::to_string(number - 1));
    });
    EXPECT_EQ(good(get(server.url("/10"))).body, "end");
    const auto error = bad(get(server.url("/11")));
    EXPECT_EQ(error.kind, Kind::transport);
    EXPECT_EQ(error.text, "stopped after 10 redirects");
}

TEST_F(HttpClientRedirects, RedirectsToUnusablePlacesAreErrors) {
    Replying server([](const std::string& request) {
        if (request.find(" /file ") != std::string::npos) return redirect_to("302", "file:///etc/passwd");
        if (request.find(" /none ") != std::string::npos) return answer("text", "HTTP/1.1 302 Found\r\n");
        return redirect_to("302", "http://[broken/");
    });
    EXPECT_EQ(bad(get(server.url("/file"))).kind, Kind::bad_request);
    EXPECT_EQ(bad(get(server.url("/broken"))).text, "failed to parse Location header \"http://[broken/\"");
    EXPECT_EQ(good(get(server.url("/none"))).body, "text");
}

TEST_F(HttpClientRedirects, SecretsDoNotFollowToAnotherHost) {
    Replying target([](const std::string&) { return answer("there"); });
    Replying server([&](const std::string& request) {
        const bool same = request.find(" /same ") != std::string::npos;
        const bool end = request.find(" /end ") != std::string::npos;
        if (end) return answer("here");
        return redirect_to("302", same ? "/end" : "http://localhost:" + std::to_string(target.port()) + "/");
    });
    for (const char* path : {"/same", "/other"}) {
        auto request = get(server.url(path));
        request.headers.set("Authorization", "Bearer secret");
        request.headers.set("X-Plain", "1");
        good(request);
    }
    EXPECT_THAT(server.requests().at(1), HasSubstr("Bearer secret"));
    EXPECT_THAT(target.requests().at(0), Not(HasSubstr("secret")));
    EXPECT_THAT(target.requests().at(0), HasSubstr("X-Plain: 1"));
}

TEST_F(HttpClientRedirects, BodiesOfRedirectsDoNotCountAgainstTheLimit) {
    Replying server([](const std::string& request) {
        if (request.find(" /end ") != std::string::npos) return answer("end");
        return answer(std::string(100000, 'x'), "HTTP/1.1 302 Found\r\nLocation: /end\r\n");
    });
    auto request = get(server.url());
    request.max_response_bytes = 3;
    EXPECT_EQ(good(request).body, "end");
}

TEST_F(HttpClientRedirects, RestrictedRequestsDoNotReachPrivateAddresses) {
    Replying server([](const std::string&) { return answer("internal"); });
    auto request = get(server.url());
    request.restricted = true;
    const auto error = bad(request);
    EXPECT_EQ(error.kind, Kind::refused_address);
    EXPECT_EQ(error.text,
              "disallowed IP 127.0.0.1. Connections to local/private and multicast networks are disabled by "
              "default "
              "for security reasons: disallowed IP");
    EXPECT_EQ(server.accepted(), 0);
    request.url = "http://localhost:" + std::to_string(server.port()) + "/";
    EXPECT_EQ(bad(request).kind, Kind::refused_address);
    EXPECT_EQ(server.accepted(), 0);
}

TEST_F(HttpClientRedirects, RestrictedRequestsDoNotReuseOthersConnectionsToPrivateAddresses) {
    Replying server([](const std::string&) { return answer("internal"); });
    good(get(server.url()));
    auto request = get(server.url());
    request.restricted = true;
    EXPECT_EQ(bad(request).kind, Kind::refused_address);
    EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(HttpClientRedirects, RestrictedRequestsDoNotReachRefusedAddresses) {
    auto request = get("http://203.0.113.7:5432/");
    request.restricted = true;
    request.refused_addresses = {"203.0.113.7"};
    EXPECT_THAT(bad(request).text, StartsWith("disallowed IP 203.0.113.7."));
}

TEST_F(HttpClientRedirects, UsesTheProxyForOthersThanItself) {
    Replying proxy([](const std::string&) { return answer("by proxy"); });
    HttpClientOptions options;
    options.proxy.http = "http://127.0.0.1:" + std::to_string(proxy.port());
    options.proxy.no_proxy = "direct.invalid";
    use(options);
    EXPECT_EQ(good(get("http://adapter.invalid/x")).body, "by proxy");
    EXPECT_THAT(proxy.requests().at(0), StartsWith("GET http://adapter.invalid/x HTTP/1.1\r\n"));
    EXPECT_THAT(bad(get("http://direct.invalid/")).text, HasSubstr("no such host"));
    Replying own([](const std::string&) { return answer("direct"); });
    EXPECT_EQ(good(get(own.url())).body, "direct");
}

TEST_F(HttpClientRedirects, AProxyThatRefusesIsNamed) {
    Replying proxy([](const std::string&) { return "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"; });
    HttpClientOptions options;
    options.proxy.https = "http://127.0.0.1:" + std::to_string(proxy.port());
    use(options);
    EXPECT_EQ(bad(get("https://adapter.invalid/x")).text,
              "the proxy does not connect to adapter.invalid: status code 403");
    EXPECT_THAT(proxy.requests().at(0), StartsWith("CONNECT adapter.invalid:443 HTTP/1.1\r\n"));
}

TEST_F(HttpClientRedirects, TheEnvironmentIsNotRead) {
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    Replying own([](const std::string&) { return answer("direct"); });
    EXPECT_EQ(good(get("http://localhost:" + std::to_string(own.port()) + "/")).body, "direct");
    unsetenv("http_proxy");
}

}  // namespace
}  // namespace baton::net
