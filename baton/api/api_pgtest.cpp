#include "baton/api/test_world.hpp"
#include "baton/async/group.hpp"
#include "baton/codec/json.hpp"
#include "testing/product_world.hpp"

namespace baton::api {
namespace {

using model::Role;

/// The API over a database in which this process leads.
class ApiOverDatabase : public test::ProductWorld {
  protected:
    void SetUp() override {
        ProductWorld::SetUp();
        if (IsSkipped()) return;
        world_ = std::make_unique<World>();
        world_->pool = &pool();
        world_->other_loop = &loop();
        world_->leadership.writes_with = writer();
        world_->leadership.schema = "baton";
        static const auto hash = crypto::bcrypt_hash(Secret(test_password), Random::system());
        for (const auto role : {Role::view, Role::run, Role::edit, Role::admin}) {
            const auto email = model::to_string(role) + "@example.org";
            run(store::create_user(writer(), email, hash, role));
            run(store::create_session(pool(), "session-of-" + model::to_string(role), email, soon()));
        }
    }
    void TearDown() override {
        world_.reset();
        ProductWorld::TearDown();
    }

    World& world() { return *world_; }
    net::Response get(const std::string& target) { return world().send_as(Role::view, "GET", target); }
    net::Response create(const std::string& toml) {
        codec::Map members;
        members["toml"] = codec::Value(toml);
        return world().send_as(Role::edit, "POST", "/v2/jobs", codec::write_json(codec::Value::map(members)));
    }
    static std::string webhook_toml(const std::string& name) {
        return "type = \"webhook\"\nschemaVersion = 1\nname = \"" + name +
               "\"\nobservationSource = \"a [type=jsonparse data=x path=y]\"\n";
    }
    static codec::Value json(const net::Response& response) { return codec::read_json(response.body); }
    static std::string text_at(const net::Response& response, std::initializer_list<std::string_view> path) {
        const auto document = json(response);
        const auto* value = codec::at(document, path);
        return value && value->text_or_null() ? *value->text_or_null() : "(none)";
    }

  private:
    std::unique_ptr<World> world_;
};

TEST_F(ApiOverDatabase, JobsAreCreatedShownAndDeleted) {
    const auto created = create(webhook_toml("hook"));
    ASSERT_EQ(created.status, 200) << created.body;
    const auto id = text_at(created, {"data", "id"});
    const auto external = text_at(created, {"data", "attributes", "externalJobID"});
    EXPECT_EQ(world().jobs.created, std::vector<std::int32_t>{std::stoi(id)});

    EXPECT_EQ(get("/v2/jobs/" + id).body, created.body);
    EXPECT_EQ(get("/v2/jobs/" + external).body, created.body);
    EXPECT_EQ(get("/v2/jobs/999").body, detail("job not found"));
    EXPECT_EQ(get("/v2/jobs/x").body, detail(R"(strconv.ParseInt: parsing \"x\": invalid syntax)"));

    const auto none = world().send_as(Role::edit, "DELETE", "/v2/jobs/0");
    EXPECT_EQ(none.status, 500);
    EXPECT_EQ(none.body, detail("will not delete job with 0 ID"));
    const auto gone = world().send_as(Role::edit, "DELETE", "/v2/jobs/" + id);
    EXPECT_EQ(gone.status, 204);
    EXPECT_EQ(gone.body, "");
    EXPECT_EQ(world().jobs.deleted, std::vector<std::int32_t>{std::stoi(id)});
    const auto again = world().send_as(Role::edit, "DELETE", "/v2/jobs/" + id);
    EXPECT_EQ(again.status, 404);
    EXPECT_EQ(again.body, detail("JobSpec not found"));
}

TEST_F(ApiOverDatabase, ANameThatExistsIsADatabaseErrorAndLeavesNothing) {
    ASSERT_EQ(create(webhook_toml("hook")).status, 200);
    const auto second = create(webhook_toml("hook"));
    EXPECT_EQ(second.status, 500);
    EXPECT_TRUE(text_at(second, {"errors", "0", "detail"}).starts_with("CreateJobFailed: ")) << second.body;
    EXPECT_NE(second.body.find("idx_jobs_name"), std::string::npos) << second.body;
    EXPECT_EQ(database().value("select count(*) from pipeline_specs"), "1");
    EXPECT_EQ(database().value("select count(*) from webhook_specs"), "1");
}

TEST_F(ApiOverDatabase, AnUnknownInitiatorIsRefused) {
    const auto refused =
        create("externalInitiators = [ { name = \"weather\", spec = \"{}\" } ]\n" + webhook_toml("hook"));
    EXPECT_EQ(refused.status, 400) << refused.body;
    EXPECT_EQ(refused.body,
              detail("unable to find external initiator named weather: sql: no rows in result set"));
    EXPECT_EQ(database().value("select count(*) from jobs"), "0");
}

TEST_F(ApiOverDatabase, AWriteUnderALostEpochIs503AndDoesNothing) {
    lose_leadership();
    world().leadership.other = LeadershipView::Leader{"other", "http://b:6688"};
    const auto refused = create(webhook_toml("hook"));
    EXPECT_EQ(refused.status, 503) << refused.body;
    EXPECT_EQ(refused.headers.get("X-Baton-Leader"), "http://b:6688");
    EXPECT_EQ(database().value("select count(*) from jobs"), "0");
    EXPECT_TRUE(world().jobs.created.empty());
}

TEST_F(ApiOverDatabase, JobsOfAManagedFeedCannotBeDeletedHere) {
    const auto created = create(webhook_toml("hook"));
    database().run(
        "insert into feeds_managers (name, uri, public_key, created_at, updated_at) values ('f', 'u', "
        "decode(repeat('01', 32), 'hex'), now(), now());"
        "insert into job_proposals (remote_uuid, status, feeds_manager_id, external_job_id, created_at, "
        "updated_at) "
        "select gen_random_uuid(), 'approved', f.id, j.external_job_id, now(), now() from feeds_managers f, "
        "jobs j");
    const auto refused =
        world().send_as(Role::edit, "DELETE", "/v2/jobs/" + text_at(created, {"data", "id"}));
    EXPECT_EQ(refused.status, 500);
    EXPECT_EQ(refused.body, detail("job must be deleted in the feeds manager"));
}

TEST_F(ApiOverDatabase, ListsOfJobsArePaged) {
    for (const auto* name : {"one", "two", "three"})
        ASSERT_EQ(create(webhook_toml(name)).status, 200);
    const auto all = get("/v2/jobs");
    EXPECT_EQ(text_at(all, {"data", "0", "attributes", "name"}), "three");
    EXPECT_TRUE(all.body.ends_with(R"("meta":{"count":3}})")) << all.body;
    EXPECT_TRUE(all.body.starts_with(R"({"data":)"));
    const auto page = get("/v2/jobs?size=2&page=2");
    EXPECT_TRUE(page.body.starts_with(R"({"links":{"prev":"/v2/jobs?page=1\u0026size=2"},"data":[{)"))
        << page.body;
    EXPECT_EQ(text_at(page, {"data", "0", "attributes", "name"}), "one");
    EXPECT_EQ(get("/v2/jobs?size=0").status, 422);
}

TEST_F(ApiOverDatabase, RunsAreListedWithTheirJob) {
    const auto hook = stored(webhook_job());
    const auto other = stored(webhook_job("other", 102));
    store::RunCommitter committer(loop().executor(), writer(), {});
    async::TaskGroup group(loop().executor());
    group.spawn("commits", committer.run());
    const auto first = run(committer.commit(completed_run(hook, 1)));
    const auto second = run(committer.commit(completed_run(other, 2)));
    run(group.stop());

    const auto all = get("/v2/pipeline/runs");
    ASSERT_EQ(all.status, 200) << all.body;
    EXPECT_EQ(text_at(all, {"data", "0", "id"}), std::to_string(second.run_id));
    EXPECT_NE(
        all.body.find("\"pipelineSpec\":{\"id\":" + std::to_string(other.pipeline_spec_id) +
                      ",\"jobID\":" + std::to_string(other.id) + ",\"dotDagSource\":\"answer [type=multiply"),
        std::string::npos)
        << all.body;
    const auto of_job = get("/v2/jobs/" + std::to_string(hook.id) + "/runs");
    EXPECT_EQ(text_at(of_job, {"data", "0", "id"}), std::to_string(first.run_id));
    EXPECT_EQ(text_at(of_job, {"data", "1", "id"}), "(none)");
    EXPECT_EQ(text_at(of_job, {"data", "0", "attributes", "outputs", "0"}), "2");
    EXPECT_EQ(get("/v2/jobs/999/runs").body, R"({"data":[],"meta":{"count":0}})");

    const auto shown = get("/v2/jobs/1/runs/" + std::to_string(first.run_id));
    EXPECT_EQ(text_at(shown, {"data", "attributes", "taskRuns", "0", "dotId"}), "answer") << shown.body;
    const auto unknown = get("/v2/jobs/1/runs/999");
    EXPECT_EQ(unknown.status, 500);
    EXPECT_EQ(unknown.body, detail("sql: no rows in result set"));
}

TEST_F(ApiOverDatabase, ALoginIsARowThatOtherInstancesSee) {
    net::Request request;
    request.method = "POST";
    request.target = "/sessions";
    request.body = R"({"email":"ADMIN@example.org","password":")" + test_password + R"("})";
    const auto response = world().send(request);
    ASSERT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(database().value(
                  "select count(*) from sessions where email = 'admin@example.org' and length(id) = 32"),
              "1");

    database().run("insert into web_authns (email, public_key_data) values ('admin@example.org', '{}')");
    EXPECT_EQ(world().send(request).status, 401) << "the password alone is not enough any more";
}

TEST_F(ApiOverDatabase, ASessionIsUsedUpdatedAndExpires) {
    database().run(
        "update sessions set last_used = now() - interval '10 minutes' where id = 'session-of-view'");
    EXPECT_EQ(get("/v2/ping").status, 200);
    EXPECT_EQ(
        database().value(
            "select last_used > now() - interval '1 minute' from sessions where id = 'session-of-view'"),
        "t");
    database().run(
        "update sessions set last_used = now() - interval '16 minutes' where id = 'session-of-run'");
    EXPECT_EQ(world().send_as(Role::run, "GET", "/v2/ping").body,
              detail("session missing or expired, please login again"));
}

TEST_F(ApiOverDatabase, UsersAreForAdmins) {
    const auto users = world().send_as(Role::admin, "GET", "/v2/users");
    EXPECT_EQ(text_at(users, {"data", "0", "id"}), "admin@example.org") << users.body;
    EXPECT_EQ(world().send_as(Role::edit, "GET", "/v2/users").status, 401);
}

TEST_F(ApiOverDatabase, LeadershipComesFromTheOwnSchema) {
    database().run("update baton.leadership set alive_at = now()");
    const auto leadership = get("/v2/leadership");
    EXPECT_EQ(leadership.status, 200) << leadership.body;
    EXPECT_EQ(text_at(leadership, {"data", "id"}), "1");
    EXPECT_EQ(text_at(leadership, {"data", "attributes", "leader", "name"}), "test");
}

}  // namespace
}  // namespace baton::api
