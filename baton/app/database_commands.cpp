#include "baton/app/database_commands.hpp"

#include "baton/app/lease_settings.hpp"
#include "baton/async/loop.hpp"
#include "baton/lease/maintenance.hpp"
#include "baton/pg/text_format.hpp"
#include "baton/store/migration_records.hpp"

#include <iostream>

namespace baton::app {

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 1min;
constexpr const char* no_url =
    "You must set DATABASE_URL env variable. HINT: If you are running this to set up your local test "
    "database, try "
    "DATABASE_URL=postgresql://postgres@localhost:5432/chainlink_test?sslmode=disable";

class DatabaseCommand {
  public:
    DatabaseCommand(async::Loop& loop, const Config& config, std::string name)
        : url_(pg::DatabaseUrl::parse(config.database.url)),
          name_(std::move(name)),
          maintenance_(loop.executor(),
                       command_settings(config, Uuid::random(Random::system()), "node db " + name_)) {}

    async::Task<void> run(bool any_name) {
        const auto& name = name_;
        if (name == "reset" && !any_name) refuse_other_names();
        co_await maintenance_.connect();
        if (name == "version" || name == "status") {
            co_await show(name == "status");
            co_return;
        }
        co_await maintenance_.take_locks();
        std::exception_ptr failure;
        try {
            if (name == "rollback")
                throw Error(
                    "Baton has no step back: its schema is that of v1.11.0, version 153, and a v1.11.0 runs "
                    "on it as it is. For an "
                    "older program use v1.11.0's own command, on a copy");
            if (name == "reset") co_await reset();
            co_await migrate();
        } catch (...) {
            failure = std::current_exception();
        }
        co_await maintenance_.give_back();
        if (failure) std::rethrow_exception(failure);
    }

  private:
    void refuse_other_names() const {
        const auto found = url_.libpq.find("dbname");
        const std::string name = found == url_.libpq.end() ? "" : found->second;
        if (name.ends_with("_test")) return;
        throw InvalidInput(
            "cannot reset database named `" + name +
            "`. This command can only be run against databases with a name that ends in `_test`, to prevent "
            "accidental data loss. If you REALLY want to reset this database, pass in the "
            "-dangerWillRobinson "
            "option");
    }

    async::Task<void> show(bool each) {
        const auto held = co_await maintenance_.session();
        const auto records = co_await store::migration_records(*held, async::Deadline::after(patience));
        std::int64_t newest = 0;
        for (const auto& record : records) {
            newest = std::max(newest, record.version);
            if (each) std::cerr << to_rfc3339(record.at) << " -- " << record.version << '\n';
        }
        if (!each) std::cerr << "Database version: " << newest << '\n';
        if (each && records.empty())
            std::cerr << "nothing is migrated: the database has no goose_migrations\n";
    }

    async::Task<void> drop_everything() {
        std::cerr << "Resetting database: " << url_.redacted() << '\n';
        const auto held = co_await maintenance_.session();
        co_await store::drop_all_schemas(*held, maintenance_.names(), async::Deadline::after(patience));
    }

    async::Task<void> reset() {
        co_await drop_everything();
        co_await maintenance_.take_locks();
    }

    async::Task<void> migrate() {
        std::cerr << "Migrating database: " << url_.redacted() << '\n';
        const auto deadline = async::Deadline::after(patience);
        const auto held = co_await maintenance_.session();
        const auto schema = co_await pg::look_at_product_schema(*held, deadline);
        if (schema.kind == pg::ProductSchema::incomplete) throw Error(schema.refusal());
        if (schema.kind == pg::ProductSchema::absent) {
            co_await pg::create_product_schema(*held, deadline);
            std::cerr << "the schema of v1.11.0 was created\n";
        } else {
            std::cerr << "goose: no migrations to run. current version: 153\n";
        }
        co_await pg::migrate_own_schema(*held, maintenance_.names(), deadline);
    }

    pg::DatabaseUrl url_;
    std::string name_;
    lease::Maintenance maintenance_;
};

}  // namespace

int run_database_command(const std::string& name, bool any_name) {
    try {
        const auto config = load_config(Environment::process());
        if (config.database.url.empty()) throw InvalidInput(no_url);
        async::Loop loop;
        DatabaseCommand command(loop, config, name);
        loop.run_until_done(command.run(any_name));
        return 0;
    } catch (const std::exception& error) {
        std::cerr << error.what() << std::endl;
        return 1;
    }
}

}  // namespace baton::app
