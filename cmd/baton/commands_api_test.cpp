#include "cmd/baton/program_testing.hpp"

namespace baton::cli {
namespace {

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

}  // namespace
}  // namespace baton::cli
