#include "cmd/baton/program_testing.hpp"

namespace baton::cli {
namespace {

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
