#include "cmd/baton/program.hpp"
#include "baton/async/group.hpp"
#include "baton/async/loop.hpp"
#include "baton/net/http_server.hpp"
#include "cmd/baton/commands.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <deque>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

namespace baton::cli {
namespace {

/// A server of canned answers on a thread of its own, because commands block.
class CannedServer {
  public:
    struct Canned {
        unsigned status = 200;
        std::string body;
        std::string set_cookie;
    };

    CannedServer() {
        std::promise<std::uint16_t> listening;
        thread_ = std::thread([this, &listening] { serve(listening); });
        port_ = listening.get_future().get();
    }
    ~CannedServer() {
        loop_.stop();
        thread_.join();
    }

    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    /// Answers of "<method> <target>", one after the other; the last one stays.
    void answer(const std::string& what, std::vector<Canned> answers) {
        const std::lock_guard lock(mutex_);
        answers_[what] = {answers.begin(), answers.end()};
    }
    std::vector<net::Request> requests() const {
        const std::lock_guard lock(mutex_);
        return requests_;
    }

  private:
    void serve(std::promise<std::uint16_t>& listening) {
        net::ServerOptions options;
        options.address = "127.0.0.1";
        net::HttpServer server(loop_.executor(), options,
                               [this](net::Request request) { return handle(std::move(request)); });
        server.listen();
        listening.set_value(server.port());
        loop_.run();
        loop_.run_until_done(server.close_all());
    }
    async::Task<net::Response> handle(net::Request request) {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
        auto& queue = answers_[request.method + " " + request.target];
        net::Response response;
        response.status = queue.empty() ? 404 : queue.front().status;
        if (!queue.empty()) {
            response.body = queue.front().body;
            if (!queue.front().set_cookie.empty())
                response.headers.add("Set-Cookie", queue.front().set_cookie);
            if (queue.size() > 1) queue.pop_front();
        }
        co_return response;
    }

    mutable std::mutex mutex_;
    std::map<std::string, std::deque<Canned>> answers_;
    std::vector<net::Request> requests_;
    async::Loop loop_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

class ProgramTest : public ::testing::Test {
  protected:
    ProgramTest()
        : root_(std::filesystem::temp_directory_path() / ("baton-cmd-" + std::to_string(getpid()))) {
        std::filesystem::remove_all(root_);
    }
    ~ProgramTest() override { std::filesystem::remove_all(root_); }

    struct Outcome {
        int code;
        std::string out;
        std::string err;
    };
    Outcome run(std::vector<std::string> words) {
        std::istringstream in;
        std::ostringstream out;
        std::ostringstream err;
        Surroundings surroundings;
        surroundings.in = &in;
        surroundings.out = &out;
        surroundings.err = &err;
        surroundings.root = root_;
        surroundings.environment = [this](const std::string& name) {
            const auto found = environment_.find(name);
            return found == environment_.end() ? std::nullopt : std::optional(found->second);
        };
        NodeFunctions functions;
        functions.version = "1.11.0";
        functions.commit = "abc";
        functions.start = [this](const NodeFunctions::StartFiles& files) {
            started_ = files;
            return 0;
        };
        functions.stop_database = [] { return 7; };
        functions.database = [this](const std::string& name, bool any_name) {
            database_ = name + (any_name ? " any" : "");
            return 0;
        };
        functions.rebroadcast = [this](const NodeFunctions::Rebroadcast& wanted) {
            rebroadcast_ = wanted;
            return 9;
        };
        functions.examine = [this](const std::string&) { return findings_; };
        const Program program{command_tree(functions), "1.11.0@abc", read_globals};
        words.insert(words.begin(), "/usr/bin/chainlink");
        const int code = run_program(program, words, surroundings);
        return {code, out.str(), err.str()};
    }
    Outcome remote(std::vector<std::string> words) {
        words.insert(words.begin(), {"--remote-node-url", server_.url()});
        return run(std::move(words));
    }
    void write(const std::string& name, const std::string& content) {
        std::filesystem::create_directories(root_);
        std::ofstream(root_ / name) << content;
    }
    std::string read(const std::string& name) { return read_file(root_ / name).value_or("(none)"); }

    std::filesystem::path root_;
    std::map<std::string, std::string> environment_;
    std::optional<NodeFunctions::StartFiles> started_;
    std::vector<NodeFunctions::Finding> findings_;
    NodeFunctions::Rebroadcast rebroadcast_;
    std::string database_;
    CannedServer server_;
};

TEST_F(ProgramTest, Version) {
    for (const auto* form : {"--version", "-v", "-version"})
        EXPECT_EQ(run({form}).out, "chainlink version 1.11.0@abc\n");
}

TEST_F(ProgramTest, UnknownWords) {
    const auto command = run({"jobz"});
    EXPECT_EQ(command.code, 3);
    EXPECT_EQ(command.err, "No help topic for 'jobz'\n");
    EXPECT_EQ(run({"jobs", "lst"}).code, 3);

    const auto leaf = run({"jobs", "list", "--wrong"});
    EXPECT_EQ(leaf.code, 1);
    EXPECT_TRUE(leaf.out.starts_with(
        "Incorrect Usage: flag provided but not defined: -wrong\n\nNAME:\n   chainlink jobs list - "))
        << leaf.out;
    EXPECT_TRUE(leaf.err.ends_with(" Error running app: flag provided but not defined: -wrong\n"))
        << leaf.err;
    const auto group = run({"jobs", "-wrong"});
    EXPECT_EQ(group.code, 1);
    EXPECT_TRUE(group.out.starts_with("Incorrect Usage. flag provided but not defined: -wrong\n"))
        << group.out;
}

TEST_F(ProgramTest, HelpAtEveryLevel) {
    const auto root = run({});
    EXPECT_EQ(root.code, 0);
    EXPECT_TRUE(root.out.starts_with(
        "NAME:\n   chainlink - CLI for Chainlink\n\nUSAGE:\n   chainlink [global options] command "
        "[command options] [arguments...]\n\nVERSION:\n   1.11.0@abc\n\nCOMMANDS:\n   admin "))
        << root.out;
    EXPECT_NE(root.out.find("\n   node, local "), std::string::npos);
    EXPECT_NE(root.out.find("\nGLOBAL OPTIONS:\n   --json, -j "), std::string::npos);
    for (const auto& words : {std::vector<std::string>{"help"}, {"-h"}, {"--help"}, {"h"}})
        EXPECT_EQ(run(words).out, root.out);
    EXPECT_EQ(run({"jobs"}).out, run({"help", "jobs"}).out);
    EXPECT_EQ(run({"jobs", "list", "-h"}).out, run({"jobs", "help", "list"}).out);
    EXPECT_EQ(run({"jobs", "list", "-h"}).out,
              "NAME:\n   chainlink jobs list - List the jobs\n\nUSAGE:\n   chainlink jobs list [command "
              "options] [arguments...]\n\n"
              "OPTIONS:\n   --page PAGE  PAGE of the list, from 1 (default: 0)\n   \n");
}

TEST_F(ProgramTest, StartOfTheNodeInAllItsForms) {
    EXPECT_EQ(run({"local", "n", "-p", "pw", "-a=api"}).code, 0);
    ASSERT_TRUE(started_);
    EXPECT_EQ(started_->password, "pw");
    EXPECT_EQ(started_->api, "api");
    for (const auto& words :
         {std::vector<std::string>{"node", "start", "-d"}, {"local", "node"}, {"node", "n", "--vp", "v"}}) {
        started_.reset();
        EXPECT_EQ(run(words).code, 0);
        EXPECT_TRUE(started_) << words.back();
    }
    EXPECT_EQ(started_->vrf_password, "v");
    EXPECT_EQ(run({"db", "stop"}).code, 7);
}

TEST_F(ProgramTest, TomlModeIsRefused) {
    const auto refused = run({"-c", "x.toml", "node", "start"});
    EXPECT_EQ(refused.code, 1);
    EXPECT_NE(refused.err.find("Error running app: configuration by TOML"), std::string::npos) << refused.err;
    EXPECT_FALSE(started_);
}

TEST_F(ProgramTest, LoginKeepsTheCookieAndLogoutEmptiesIt) {
    write("credentials", " a@b.c \nsecret\n");
    server_.answer("POST /sessions", {{200, "{}", "clsession=value; Expires=x; HttpOnly"}});
    server_.answer("GET /v2/build_info", {{200, R"({"version":"1.11.0","commitSHA":"abc"})", ""}});
    const auto in = remote({"admin", "login", "-f", (root_ / "credentials").string()});
    EXPECT_EQ(in.out, "Successfully Logged In.\n") << in.err;
    EXPECT_EQ(server_.requests()[0].body, R"({"email":"a@b.c","password":"secret"})");
    EXPECT_EQ(read("cookie"), "clsession=value; Expires=x; HttpOnly");
    struct stat status {};
    ASSERT_EQ(::stat((root_ / "cookie").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    EXPECT_EQ(server_.requests()[1].headers.get("Cookie"), "clsession=value");

    EXPECT_EQ(remote({"admin", "logout"}).code, 0);
    EXPECT_EQ(read("cookie"), "");
    const auto after = remote({"jobs", "show", "1"});
    EXPECT_EQ(after.code, 1);
    EXPECT_EQ(after.err, "Cookie not in file, you must first login through the CLI\n");
    EXPECT_EQ(remote({"jobs", "list"}).err, after.err);
}

TEST_F(ProgramTest, LoginThatFails) {
    write("credentials", "a@b.c\nwrong\n");
    server_.answer("POST /sessions", {{401, "{}", ""}});
    const auto refused = remote({"admin", "login", "--file", (root_ / "credentials").string()});
    EXPECT_EQ(refused.code, 1);
    EXPECT_EQ(refused.err, "Unauthorized\n");
    EXPECT_EQ(remote({"admin", "login", "--file", "no-such-file"}).err,
              "open no-such-file: no such file or directory\n");
    EXPECT_EQ(remote({"admin", "login", "--file", "/"}).err, "read /: is a directory\n");
    EXPECT_EQ(remote({"jobs", "create", "/"}).err, "error reading from file '/': read /: is a directory\n");
    const auto nobody = remote({"admin", "login"});
    EXPECT_EQ(nobody.code, 1);
    EXPECT_EQ(nobody.out, "Enter email: EOF\n");
}

TEST_F(ProgramTest, LoginToAnotherBuild) {
    write("credentials", "a@b.c\nsecret\n");
    server_.answer("POST /sessions", {{200, "{}", "clsession=value"}});
    server_.answer("GET /v2/build_info", {{200, R"({"version":"1.11.0","commitSHA":"other"})", ""}});
    const auto file = (root_ / "credentials").string();
    const auto refused = remote({"admin", "login", "--file", file});
    EXPECT_EQ(refused.code, 1);
    EXPECT_EQ(refused.err,
              "error: CLI build (1.11.0@abc) mismatches remote node build (1.11.0@other). You can set flag "
              "--bypass-version-check to bypass this\n");
    EXPECT_EQ(read("cookie"), "");
    EXPECT_EQ(remote({"admin", "login", "--file", file, "--bypass-version-check"}).code, 0);
    EXPECT_EQ(read("cookie"), "clsession=value");
}

TEST_F(ProgramTest, ACredentialsFileLogsInAfterA401) {
    write("credentials", "a@b.c\nsecret\n");
    const std::string job = R"({"data":[]})";
    server_.answer("POST /sessions", {{200, "{}", "clsession=fresh"}});
    server_.answer("GET /v2/jobs", {{401, "{}", ""}, {200, job, ""}});
    const auto listed =
        remote({"--admin-credentials-file", (root_ / "credentials").string(), "-j", "jobs", "list"});
    EXPECT_EQ(listed.code, 0) << listed.err;
    EXPECT_EQ(listed.out, "[]\n");
    EXPECT_EQ(server_.requests().back().headers.get("Cookie"), "clsession=fresh");
}

TEST_F(ProgramTest, ErrorsOfTheServer) {
    server_.answer("GET /v2/jobs/1",
                   {{404, R"({"errors":[{"detail":"job not found"},{"detail":"second"}]})", ""}});
    EXPECT_EQ(remote({"jobs", "show", "1"}).err, "parseResponse error: Error; job not found,second\n");
    server_.answer("GET /v2/jobs/2", {{404, "", ""}});
    EXPECT_EQ(remote({"jobs", "show", "2"}).err,
              "parseResponse error: Error; unexpected end of JSON input; \n");
    server_.answer("GET /v2/jobs/3", {{429, "Limit exceeded", ""}});
    EXPECT_EQ(
        remote({"jobs", "show", "3"}).err,
        "parseResponse error: Error; invalid character 'L' looking for beginning of value; Limit exceeded\n");
    server_.answer("GET /v2/jobs", {{401, "", ""}});
    const auto plain = remote({"jobs", "list"});
    EXPECT_EQ(plain.code, 1);
    EXPECT_TRUE(
        plain.err.ends_with(" Error running app: parseResponse error: Unauthorized; your credentials may be "
                            "missing, invalid or you may need "
                            "to login first using the CLI via 'chainlink admin login'\n"))
        << plain.err;
    environment_["CLIENT_NODE_URL"] = "http://127.0.0.1:1";
    EXPECT_NE(run({"jobs", "show", "1"}).err.find("Get \"http://127.0.0.1:1/v2/jobs/1\": "),
              std::string::npos);
    const auto unanswered = run({"jobs", "list"}).err;
    EXPECT_NE(unanswered.find("Get \"http://127.0.0.1:1/v2/jobs\": "), std::string::npos);
    EXPECT_EQ(unanswered.find("Error running app"), std::string::npos) << unanswered;
}

TEST_F(ProgramTest, Bridges) {
    const std::string price =
        R"({"type":"bridges","id":"price","attributes":{"name":"price","url":"http://a/x","confirmations":3,"incomingToken":"in","outgoingToken":"out","minimumContractPayment":null}})";
    server_.answer("POST /v2/bridge_types", {{200, R"({"data":)" + price + "}", ""}});
    const auto created = remote({"bridges", "create", R"({"name":"price","url":"http://a/x"})"});
    EXPECT_EQ(created.out, R"(╔ Bridge
╬═══════╬════════════╬═══════════════════════╬════════════════╬
║ NAME  ║    URL     ║ DEFAULT CONFIRMATIONS ║ OUTGOING TOKEN ║
╬═══════╬════════════╬═══════════════════════╬════════════════╬
║ price ║ http://a/x ║                     3 ║ out            ║
╬═══════╬════════════╬═══════════════════════╬════════════════╬
)") << created.err;
    EXPECT_EQ(server_.requests().back().body, R"({"name":"price","url":"http://a/x"})");
    const auto json = remote({"-j", "bridges", "create", R"({"name":"price","url":"http://a/x"})"});
    EXPECT_TRUE(json.out.starts_with("{\n  \"name\": \"price\",\n")) << json.out;
    EXPECT_NE(json.out.find("\"incomingToken\": \"in\""), std::string::npos) << "the only time it is shown";
    server_.answer("GET /v2/bridge_types?page=2", {{200, R"({"data":[)" + price + "]}", ""}});
    EXPECT_EQ(remote({"bridges", "list", "--page", "2"}).out, R"(╔ Bridges
╬═══════╬════════════╬═══════════════╬
║ NAME  ║    URL     ║ CONFIRMATIONS ║
╬═══════╬════════════╬═══════════════╬
║ price ║ http://a/x ║             3 ║
╬═══════╬════════════╬═══════════════╬
)");
    server_.answer("GET /v2/bridge_types", {{200, R"({"data":[]})", ""}});
    EXPECT_EQ(remote({"-j", "bridges", "list"}).out, "[]\n");
    server_.answer("GET /v2/bridge_types/price", {{200, R"({"data":)" + price + "}", ""}});
    EXPECT_EQ(remote({"bridges", "show", "price"}).out, created.out);
    server_.answer("DELETE /v2/bridge_types/price", {{409, R"({"errors":[{"detail":"in use"}]})", ""}});
    EXPECT_EQ(remote({"bridges", "destroy", "price"}).err, "parseResponse error: Error; in use\n");
    EXPECT_EQ(remote({"bridges", "show"}).err, "must pass the name of the bridge to be shown\n");
    EXPECT_EQ(remote({"bridges", "destroy"}).err, "must pass the name of the bridge to be removed\n");
    EXPECT_EQ(remote({"bridges", "create"}).err,
              "must pass in the bridge's parameters [JSON blob | JSON filepath]\n");
    EXPECT_EQ(remote({"bridges", "create", "{"}).err, "invalid JSON or file not found '{'\n");
}

const std::string job_resource =
    R"({"type":"jobs","id":"3","attributes":{"name":"by <command>","type":"webhook","webhookSpec":{"createdAt":"2022-01-02T03:04:05.6789Z"},"pipelineSpec":{"dotDagSource":"a [type=jsonparse]\nb [type=multiply]\na -> b"}}})";

TEST_F(ProgramTest, Jobs) {
    server_.answer("GET /v2/jobs?page=2", {{200, R"({"data":[)" + job_resource + "]}", ""}});
    EXPECT_EQ(remote({"jobs", "list", "--page", "2"}).out, R"(╔ Jobs (V2)
╬════╬══════════════╬═════════╬═════════════╬══════════════════════╬
║ ID ║     NAME     ║  TYPE   ║    TASKS    ║      CREATED AT      ║
╬════╬══════════════╬═════════╬═════════════╬══════════════════════╬
║  3 ║ by <command> ║ webhook ║ a jsonparse ║ 2022-01-02T03:04:05Z ║
╬    ╬              ╬         ╬═════════════╬                      ╬
║    ║              ║         ║ b multiply  ║                      ║
╬════╬══════════════╬═════════╬═════════════╬══════════════════════╬
)");
    server_.answer("POST /v2/jobs", {{200, R"({"data":)" + job_resource + "}", ""}});
    const auto created = remote({"jobs", "create", "type = 'webhook'"});
    EXPECT_TRUE(created.out.starts_with("Job created\n╔ Jobs\n")) << created.out;
    EXPECT_EQ(server_.requests().back().body, R"({"toml":"type = 'webhook'"})");
    const auto json = remote({"-j", "jobs", "create", "type = 'webhook'"});
    EXPECT_TRUE(json.out.starts_with("{\n  \"id\": \"3\",\n  \"name\": \"by \\u003ccommand\\u003e\",\n"))
        << json.out;

    server_.answer("DELETE /v2/jobs/3", {{204, "", ""}});
    EXPECT_EQ(remote({"jobs", "delete", "3"}).out, "Job 3 Deleted\n");
    EXPECT_EQ(remote({"jobs", "delete"}).err, "must pass the job id to be archived\n");
}

TEST_F(ProgramTest, AJobThatIsRefusedEndsWithExitCode0) {
    server_.answer("POST /v2/jobs", {{422, R"({"errors":[{"detail":"invalid job type"}]})", ""}});
    write("job.toml", "type = 'oracle'\n");
    const auto refused = remote({"jobs", "create", (root_ / "job.toml").string()});
    EXPECT_EQ(refused.code, 0);
    EXPECT_EQ(refused.out, "Response: '{\"errors\":[{\"detail\":\"invalid job type\"}]}', Status: 422\n");
    EXPECT_EQ(remote({"jobs", "create", "no-such-file"}).err,
              "invalid TOML or file not found 'no-such-file'\n");
}

TEST_F(ProgramTest, Runs) {
    server_.answer(
        "POST /v2/jobs/3/runs",
        {{200,
          R"({"data":{"type":"pipelineRun","id":"9","attributes":{"createdAt":"2022-01-01T00:00:00Z","finishedAt":null}}})",
          ""}});
    EXPECT_EQ(remote({"jobs", "run", "3"}).out, R"(Pipeline run successfully triggered
╔ Pipeline Run
╬════╬═══════════════════════════════╬═════════════╬
║ ID ║          CREATED AT           ║ FINISHED AT ║
╬════╬═══════════════════════════════╬═════════════╬
║  9 ║ 2022-01-01 00:00:00 +0000 UTC ║             ║
╬════╬═══════════════════════════════╬═════════════╬
)");
}

TEST_F(ProgramTest, BlanksInAnIdReachTheServer) {
    server_.answer("GET /v2/jobs/a%20b", {{422, R"({"errors":[{"detail":"no id"}]})", ""}});
    EXPECT_EQ(remote({"jobs", "show", "a b"}).err, "parseResponse error: Error; no id\n");
}

TEST_F(ProgramTest, EthKeys) {
    server_.answer(
        "GET /v2/keys/evm",
        {{200,
          R"({"data":[{"type":"eTHKeys","id":"0xA","attributes":{"evmChainID":"1337","address":"0xA","nextNonce":4,"ethBalance":"1500000000000000000","linkBalance":null,"disabled":false,"createdAt":"2022-01-02T03:04:05.6789Z","updatedAt":"2022-01-02T03:04:05Z","maxGasPriceWei":"5"}}]})",
          ""}});
    server_.answer("GET /v2/leadership",
                   {{200, R"({"data":{"attributes":{"warnings":["0xA has a balance of zero"]}}})", ""}});
    const auto listed = remote({"keys", "eth", "list"});
    EXPECT_EQ(listed.err, "Warning: 0xA has a balance of zero\n");
    EXPECT_EQ(listed.out,
              "🔑 ETH keys\n"
              "-----------------------------------------------------\n"
              "Address:           0xA\n"
              "EVM Chain ID:      1337\n"
              "Next Nonce:        4\n"
              "ETH:               1.500000000000000000\n"
              "LINK:              unknown\n"
              "Disabled:          false\n"
              "Created:           2022-01-02 03:04:05.6789 +0000 UTC\n"
              "Updated:           2022-01-02 03:04:05 +0000 UTC\n"
              "Max Gas Price Wei: 5");
    EXPECT_TRUE(
        remote({"-j", "keys", "eth", "list"}).out.starts_with("[\n  {\n    \"evmChainID\": \"1337\",\n"));
}

TEST_F(ProgramTest, NodeStatus) {
    server_.answer(
        "GET /health?full=1",
        {{200,
          R"({"data":[{"type":"checks","id":"*job.spawner","attributes":{"name":"*job.spawner","status":"passing","output":""}}]})",
          ""}});
    EXPECT_EQ(remote({"node", "status"}).out,
              "--------------------\nName:   *job.spawner\nStatus: passing\nOutput: ");
}

TEST_F(ProgramTest, DoctorsExitCodeTellsWhetherATakeoverWouldSucceed) {
    using Level = NodeFunctions::Finding::Level;
    findings_ = {{Level::ok, "pooler", "none"}, {Level::warning, "clock", "3s"}};
    const auto well = run({"doctor"});
    EXPECT_EQ(well.code, 0);
    EXPECT_EQ(well.out, "ok       pooler: none\nwarning  clock: 3s\n0 problems, 1 warnings\n");
    findings_.push_back({Level::problem, "schema", "no"});
    const auto ill = run({"-j", "doctor"});
    EXPECT_EQ(ill.code, 2);
    EXPECT_TRUE(ill.out.ends_with(
        "  {\n    \"level\": \"problem\",\n    \"check\": \"schema\",\n    \"text\": \"no\"\n  }\n]\n"))
        << ill.out;
}

TEST_F(ProgramTest, DatabaseCommands) {
    for (const std::string name : {"version", "status", "migrate", "rollback", "reset"}) {
        EXPECT_EQ(run({"local", "db", name}).code, 0);
        EXPECT_EQ(database_, name);
    }
    run({"node", "db", "reset", "--dangerWillRobinson"});
    EXPECT_EQ(database_, "reset any");
}

TEST_F(ProgramTest, RebroadcastTransactions) {
    EXPECT_EQ(run({"node", "rebroadcast-transactions", "-b", "3", "--endingNonce=5", "-g", "1000", "-p",
                   "file", "--address", "0xab", "--evmChainID", "4", "-gasLimit", "600000"})
                  .code,
              9);
    EXPECT_EQ(rebroadcast_.beginning_nonce, 3);
    EXPECT_EQ(rebroadcast_.ending_nonce, 5);
    EXPECT_EQ(rebroadcast_.gas_price, 1000);
    EXPECT_EQ(rebroadcast_.gas_limit, 600'000);
    EXPECT_EQ(rebroadcast_.password_file + rebroadcast_.address + rebroadcast_.chain_id, "file0xab4");
    EXPECT_EQ(run({"local", "rebroadcast-transactions", "-g", "1000"}).code, 9);
    EXPECT_EQ(rebroadcast_.gas_limit, 0) << "as it is";
    EXPECT_EQ(rebroadcast_.chain_id, "");
}

TEST_F(ProgramTest, HaStatus) {
    server_.answer(
        "GET /v2/leadership",
        {{200,
          R"({"data":{"type":"leadership","id":"7","attributes":{"state":"standby","name":"b","leader":{"name":"a","since":"2022-01-02T03:04:05.6Z"},"instances":[{"name":"a","address":"http://a","version":"1.11.0","state":"leading","silentMilliseconds":1234,"priority":0,"waitsFor":""},{"name":"b","address":"http://b","version":"1.11.0","state":"standby","silentMilliseconds":50,"priority":5,"waitsFor":"the watch lock, held by a"}],"mode":"lease","locks":[{"name":"watch","holder":"a","waiting":["b"]},{"name":"lease","holder":"a","waiting":[]}],"history":[{"epoch":7,"instance":"a","from":"b","reason":"leader gone","at":"2022-01-02T03:04:05.6Z","gapMicroseconds":7654,"gapKnownBy":"lock grant"},{"epoch":6,"instance":"b","from":"a","reason":"handover","at":"2022-01-02T03:00:00Z","gapMicroseconds":12345678,"gapKnownBy":"release"},{"epoch":1,"instance":"a","from":"","reason":"first start","at":"2022-01-01T00:00:00Z","gapMicroseconds":null,"gapKnownBy":""}],"risks":["a risk"]}}})",
          ""}});
    EXPECT_EQ(remote({"ha", "status"}).out, R"(a leads since 2022-01-02T03:04:05Z, epoch 7.
╔ Instances
╬══════╬═════════╬═══════════╬══════════╬═════════╬══════════╬═══════════════════════════╬
║ NAME ║  STATE  ║ LAST SEEN ║ PRIORITY ║ VERSION ║ ADDRESS  ║         WAITS FOR         ║
╬══════╬═════════╬═══════════╬══════════╬═════════╬══════════╬═══════════════════════════╬
║ a    ║ leading ║ 1.2s ago  ║        0 ║ 1.11.0  ║ http://a ║                           ║
╬══════╬═════════╬═══════════╬══════════╬═════════╬══════════╬═══════════════════════════╬
║ b    ║ standby ║ 0.1s ago  ║        5 ║ 1.11.0  ║ http://b ║ the watch lock, held by a ║
╬══════╬═════════╬═══════════╬══════════╬═════════╬══════════╬═══════════════════════════╬
╔ Locks (mode lease)
╬═══════╬═════════╬═════════╬
║ LOCK  ║ HELD BY ║ WAITING ║
╬═══════╬═════════╬═════════╬
║ watch ║ a       ║ b       ║
╬═══════╬═════════╬═════════╬
║ lease ║ a       ║         ║
╬═══════╬═════════╬═════════╬
╔ Takeovers
╬═══════╬══════════════════════╬════════╬═══════╬═════════════╬═════════════════╬══════════════╬
║ EPOCH ║          AT          ║ LEADER ║ AFTER ║   REASON    ║ NOBODY LED FOR  ║ COUNTED FROM ║
╬═══════╬══════════════════════╬════════╬═══════╬═════════════╬═════════════════╬══════════════╬
║     7 ║ 2022-01-02T03:04:05Z ║ a      ║ b     ║ leader gone ║ at least 7.7 ms ║ lock grant   ║
╬═══════╬══════════════════════╬════════╬═══════╬═════════════╬═════════════════╬══════════════╬
║     6 ║ 2022-01-02T03:00:00Z ║ b      ║ a     ║ handover    ║ 12.3 s          ║ release      ║
╬═══════╬══════════════════════╬════════╬═══════╬═════════════╬═════════════════╬══════════════╬
║     1 ║ 2022-01-01T00:00:00Z ║ a      ║       ║ first start ║                 ║              ║
╬═══════╬══════════════════════╬════════╬═══════╬═════════════╬═════════════════╬══════════════╬
Risk: a risk
)");
    EXPECT_TRUE(
        remote({"-j", "ha", "status"}).out.starts_with("{\n  \"id\": \"7\",\n  \"state\": \"standby\","));
}

TEST_F(ProgramTest, HandoverToANameWaitsUntilThatOneLeads) {
    server_.answer("POST /v2/leadership/handover", {{204, "", ""}});
    server_.answer("GET /v2/leadership", {{500, "", ""},
                                          {200, R"({"data":{"attributes":{"leader":null}}})", ""},
                                          {200, R"({"data":{"attributes":{"leader":{"name":"b"}}}})", ""}});
    EXPECT_EQ(remote({"node", "handover", "--to", "b"}).out, "b leads.\n");
    EXPECT_EQ(server_.requests().front().body, R"({"to":"b"})");
    EXPECT_EQ(remote({"node", "handover"}).out, "The leadership is handed over.\n");

    server_.answer("POST /v2/leadership/handover",
                   {{409, R"body({"errors":[{"detail":"no instance is called x (waiting: b)"}]})body", ""}});
    const auto refused = remote({"node", "handover", "--to", "x"});
    EXPECT_EQ(refused.code, 1);
    EXPECT_EQ(refused.err, "Error; no instance is called x (waiting: b)\n");
}

}  // namespace
}  // namespace baton::cli
