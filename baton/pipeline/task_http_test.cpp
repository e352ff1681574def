#include "baton/net/test_sockets.hpp"
#include "baton/pipeline/http_call.hpp"
#include "baton/pipeline/http_testing.hpp"
#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

class HttpTaskTest : public HttpTest {
  protected:
    HttpTaskTest() {
        answer = [this](net::Request request) {
            last = std::move(request);
            return at_once(response);
        };
    }
    /// As show() has it.
    std::string ask(const std::string& attributes, Inputs inputs = {}, codec::Map vars = {}) {
        return run_in(loop, environment, "http " + attributes, std::move(inputs), std::move(vars));
    }
    std::string at(const std::string& path = "/") const { return "url=\"" + url(path) + "\" "; }

    net::Response response = text_response(200, "21");
    net::Request last;
};

TEST_F(HttpTaskTest, AsksAndGivesTheBody) {
    EXPECT_EQ(ask(at("/x?y=1")), "string 21");
    EXPECT_EQ(last.method, "GET");
    EXPECT_EQ(last.target, "/x?y=1");
    EXPECT_EQ(last.body, "");
    EXPECT_EQ(last.headers.get("Content-Type"), "application/json") << "also without a body";
    EXPECT_EQ(last.headers.get("User-Agent"), "Go-http-client/1.1");
    EXPECT_FALSE(last.headers.contains("Accept-Encoding"));
    ask("method=post " + at());
    EXPECT_EQ(last.method, "post") << "as it is written";
    ask(at("/b#c"));
    EXPECT_EQ(last.target, "/b%23c") << "a URL has no fragment";
    response = text_response(204, "");
    EXPECT_EQ(ask(at()), "string ");
}

TEST_F(HttpTaskTest, SendsItsDataAsJson) {
    const codec::Map vars{{"d", decimal("1.50")}, {"b", Bytes{1, 2}}, {"a", address_of(0xab)}, {"t", "<&>"}};
    ask("method=POST " + at() + R"g(requestData=<{"d": $(d), "b": $(b), "a": $(a), "t": $(t), "n": null}>)g",
        {"input"}, vars);
    EXPECT_EQ(last.body, R"({"a":"0x)" + to_hex(Bytes(20, 0xab)) + R"(","b":"AQI=","d":"1.5","n":null,)" +
                             R"("t":"\u003c\u0026\u003e"})");
    ask(at() + "requestData=<{}>", {}, {{"jobRun", Value::map({{"meta", Value::map({{"a", 1.0}})}})}});
    EXPECT_EQ(last.body, "{}") << "without the run's meta";
    EXPECT_EQ(ask(at() + "requestData=<[1]>"),
              "error: requestData: expected map, got []interface {}: bad input for task");
    const Value generic(std::make_shared<codec::GenericMap>());
    EXPECT_EQ(ask(at() + R"g(requestData=<{"a": $(g)}>)g", {}, {{"g", generic}}),
              "error: json: unsupported type: map[interface {}]interface {}");
}

TEST_F(HttpTaskTest, FromFourHundredOnAnAnswerIsAnError) {
    response = text_response(399, "fine");
    EXPECT_EQ(ask(at()), "string fine");
    response = text_response(502, R"({"error": "busy"})");
    EXPECT_EQ(ask(at()), "error: got error from " + url() + ": (status code 502) busy");
    response = text_response(404, "not found");
    EXPECT_EQ(ask(at()), "error: got error from " + url() + ": (status code 404) ");
}

TEST_F(HttpTaskTest, AUrlOfAVariableReachesPublicAddressesOnly) {
    const codec::Map vars{{"u", url()}};
    const std::string hint =
        "connections to local resources are disabled by default, if you are sure this is safe, you can "
        "enable on a "
        "per-task basis by setting allowUnrestrictedNetworkAccess=\"true\" in the pipeline task spec, e.g. "
        "fetch "
        "[type=\"http\" method=GET url=\"$(decode_cbor.url)\" allowUnrestrictedNetworkAccess=\"true\"]: ";
    for (const std::string& refused :
         {std::string(R"g(url="$(u)")g"), at() + "allowUnrestrictedNetworkAccess=false"}) {
        const std::string error = ask(refused, {}, vars);
        EXPECT_TRUE(
            error.starts_with("error: " + hint + "error making http request: Get \"" + url() + "\": "))
            << error;
        EXPECT_TRUE(
            error.ends_with("disallowed IP 127.0.0.1. Connections to local/private and multicast networks "
                            "are disabled by default for security reasons: disallowed IP"))
            << error;
    }
    EXPECT_TRUE(seen.empty());
    EXPECT_EQ(ask(R"g(url="$(u)" allowUnrestrictedNetworkAccess=true)g", {}, vars), "string 21");
}

TEST_F(HttpTaskTest, RequestsThatAreNotMade) {
    EXPECT_EQ(ask("headers=\"X: y\" allowUnrestrictedNetworkAccess=maybe"),
              "error: url: parameter is empty; allowUnrestrictedNetworkAccess: strconv.ParseBool: parsing "
              "\"maybe\": "
              "invalid syntax: bad input for task; "
              "reqHeaders: invalid character 'X' looking for beginning of value: bad input for task");
    EXPECT_EQ(ask("url=asdf"), "error: url: parse \"asdf\": invalid URI for request: bad input for task");
    EXPECT_EQ(ask(R"g(url="$(u)")g", {}, {{"u", true}}), "error: url: bad input for task");
    EXPECT_EQ(ask("url=\"blah://host\""),
              "error: error making http request: Get \"blah://host\": unsupported protocol scheme \"blah\"");
    EXPECT_EQ(ask("method=\"a b\" " + at()),
              "error: failed to create http.Request: net/http: invalid method \"a b\"");
    EXPECT_EQ(ask(at() + R"(headers=<["a","b","c"]>)"),
              "error: headers must have an even number of elements");
    EXPECT_EQ(ask(at(), {"1", ErrorValue{"boom"}}), "error: task inputs: too many errors");
    EXPECT_TRUE(seen.empty());
}

TEST_F(HttpTest, TheConfiguredTimeoutCountsWithoutOneOfTheTasksOwn) {
    answer = [](net::Request) { return never(); };
    environment.limits.default_timeout = std::chrono::milliseconds(30);
    EXPECT_EQ(row(execute("a [type=http url=\"" + url() + "\"]").run, "a").error,
              "http request timed out or interrupted");
    // timeout=0 takes it away; the job's limit stays.
    RunRequest wanted = request("a [type=http timeout=0 url=\"" + url() + "\"]");
    wanted.max_task_duration = std::chrono::milliseconds(60);
    EXPECT_EQ(row(execute(std::move(wanted)).run, "a").error, "http request timed out or interrupted");
}

TEST_F(HttpTest, HeadersOfTheTaskAreSentCanonically) {
    std::vector<std::string> names;
    answer = [&](net::Request request) {
        for (const auto& [name, value] : request.headers)
            names.push_back(name + ": " + value);
        return at_once(text_response(200, ""));
    };
    execute("a [type=http method=POST url=\"" + url() +
            R"(" headers=<["x-key","1","X-KEY","2","content-type","text/plain","host","evil"]>])");
    EXPECT_NE(std::ranges::find(names, "X-Key: 2"), names.end());
    EXPECT_NE(std::ranges::find(names, "Content-Type: text/plain"), names.end());
    EXPECT_EQ(std::ranges::find(names, "X-Key: 1"), names.end());
    EXPECT_EQ(std::ranges::find(names, "Host: evil"), names.end());
}

TEST_F(HttpTest, HeadersThatWouldSplitTheRequestAreRefused) {
    const RunOutcome outcome =
        execute("a [type=http url=\"" + url() + R"(" headers=<["X-A","1\r\nX-B: 2"]>])");
    EXPECT_EQ(row(outcome.run, "a").error, "error making http request: Get \"" + url() +
                                               "\": net/http: invalid header field value for \"X-A\"");
    EXPECT_TRUE(seen.empty());
}

TEST_F(HttpTest, AnAnswerBeyondTheLimitIsAnError) {
    environment.limits.max_bytes = 4;
    answer = [&](net::Request) { return at_once(text_response(200, seen.size() == 1 ? "1234" : "12345")); };
    EXPECT_EQ(row(execute("a [type=http url=\"" + url() + "\"]").run, "a").output, R"("1234")");
    EXPECT_EQ(row(execute("a [type=http url=\"" + url() + "\"]").run, "a").error,
              "error making http request: http: request body too large");
}

TEST_F(HttpTest, PasswordsOfUrlsStayOutOfErrors) {
    answer = [](net::Request) { return at_once(text_response(403, "")); };
    const std::string secret = "http://user:hunter2@127.0.0.1:" + std::to_string(server.port()) + "/";
    const RunOutcome refused = execute("a [type=http url=\"" + secret + "\"]");
    EXPECT_NE(row(refused.run, "a").error->find("user:***@127.0.0.1"), std::string::npos)
        << *row(refused.run, "a").error;
    EXPECT_EQ(row(refused.run, "a").error->find("hunter2"), std::string::npos);
}

TEST_F(EngineTest, ServersThatAnswerGarbageOrCloseGiveErrors) {
    net::testing::ScriptedServer garbage([](net::testing::RawSocket& socket, int) {
        socket.read_until("\r\n\r\n");
        socket.send("\x01\x02 this is no HTTP\r\n\r\n");
    });
    net::testing::ScriptedServer closing(
        [](net::testing::RawSocket& socket, int) { socket.read_until("\r\n\r\n"); });
    const RunOutcome outcome = execute("a [type=http url=\"" + garbage.url() + "\"]; b [type=http url=\"" +
                                       closing.url() + "\" index=1]");
    EXPECT_EQ(row(outcome.run, "a").error->find("error making http request: Get \"" + garbage.url() + "\": "),
              0U)
        << *row(outcome.run, "a").error;
    EXPECT_EQ(row(outcome.run, "b").error, "error making http request: Get \"" + closing.url() + "\": EOF");
}

TEST(RemoteErrorText, TakesTheErrorFieldsOrTheObject) {
    EXPECT_EQ(remote_error_text(R"({"error":"a","errorMessage":"b"})"), "a");
    EXPECT_EQ(remote_error_text(R"({"error":null,"errorMessage":"b"})"), "b");
    EXPECT_EQ(remote_error_text(R"({"Error":"any case"})"), "any case");
    EXPECT_EQ(remote_error_text(R"({"error":""})"), R"({"error":""})");
    EXPECT_EQ(remote_error_text(R"({"error":5})"), "");
    EXPECT_EQ(remote_error_text("[1]"), "");
    EXPECT_EQ(remote_error_text("Bad Gateway"), "");
}

}  // namespace baton::pipeline::testing
