#include "baton/codec/json.hpp"
#include "baton/codec/toml.hpp"
#include "baton/pipeline/engine.hpp"
#include "cmd/baton/client.hpp"
#include "cmd/baton/commands.hpp"
#include "cmd/baton/pages.hpp"
#include "cmd/baton/rendering.hpp"
#include "cmd/baton/tables.hpp"

#include <map>
#include <ostream>

namespace baton::cli {

namespace {

/// Where a job of that type keeps its times; types that v1.11.0's table does not know are left out.
const std::map<std::string, std::string> spec_members{
    {"directrequest", "directRequestSpec"},
    {"fluxmonitor", "fluxMonitorSpec"},
    {"offchainreporting", "offChainReportingOracleSpec"},
    {"keeper", "keeperSpec"},
    {"cron", "cronSpec"},
    {"vrf", "vrfSpec"},
    {"webhook", "webhookSpec"},
    {"blockhashstore", "blockhashStoreSpec"},
    {"bootstrap", "bootstrapSpec"},
};

std::string created_at(const codec::Value& job) {
    const auto member = spec_members.find(codec::string_or(job, "type"));
    if (member == spec_members.end()) return "unknown";
    const auto* spec = codec::member(job, member->second);
    if (!spec || spec->is_null()) return "N/A";
    return table_time(codec::string_or(*spec, "createdAt"));
}

std::vector<std::string> tasks_of(const codec::Value& job) {
    const auto* source = codec::at(job, {"pipelineSpec", "dotDagSource"});
    if (!source || !source->text_or_null() || source->text_or_null()->empty()) return {""};
    try {
        auto names = pipeline::task_names(*pipeline::parse_graph(*source->text_or_null()));
        if (names.empty()) names.emplace_back();
        return names;
    } catch (const InvalidInput&) {
        return {"error parsing DAG"};
    }
}

void print_jobs(Invocation& invocation, const std::string& title, const std::vector<Resource>& jobs) {
    BoxTable table(title, {"ID", "Name", "Type", "Tasks", "Created At"});
    table.merge_equal_cells();
    for (const auto& job : jobs) {
        const auto& attributes = job.attributes;
        for (auto& task : tasks_of(attributes)) {
            table.add_row({job.id, codec::string_or(attributes, "name"), codec::string_or(attributes, "type"),
                           std::move(task), created_at(attributes)});
        }
    }
    invocation.out() << table.render();
}

void print_job(Invocation& invocation, const std::string& header, const std::string& document) {
    const auto jobs = read_resources(document);
    if (invocation.globals().json) {
        invocation.out() << resource_json(jobs.front(), true) << '\n';
        return;
    }
    if (!header.empty()) invocation.out() << header << '\n';
    print_jobs(invocation, "Jobs", jobs);
}

int list_jobs(Invocation& invocation) {
    const auto jobs = fetch_page(invocation, "/v2/jobs");
    if (invocation.globals().json) {
        invocation.out() << resources_json(jobs, true) << '\n';
    } else {
        print_jobs(invocation, "Jobs (V2)", jobs);
    }
    return 0;
}

int show_job(Invocation& invocation) {
    const auto& id = invocation.first_argument("must provide the id of the job");
    Client client(invocation);
    print_job(invocation, "", client.fetch("GET", "/v2/jobs/" + id, "parseResponse error: "));
    return 0;
}

bool is_toml(const std::string& text) {
    try {
        codec::read_toml(text);
        return true;
    } catch (const codec::TomlError&) {
        return false;
    }
}

int create_job(Invocation& invocation) {
    const auto& argument = invocation.first_argument("must pass in TOML or filepath");
    codec::Map members;
    members["toml"] = codec::Value(text_or_file(argument, "TOML", invocation.surroundings(), is_toml));
    Client client(invocation);
    const auto answer =
        client.send("POST", "/v2/jobs", codec::write_json(codec::Value::map(std::move(members))));
    if (answer.status >= first_error) {
        // Exit code 0, as v1.11.0: scripts look at the text.
        invocation.out() << "Response: '" << answer.body << "', Status: " << answer.status << '\n';
        return 0;
    }
    print_job(invocation, "Job created", answer.body);
    return 0;
}

int delete_job(Invocation& invocation) {
    const auto& id = invocation.first_argument("must pass the job id to be archived");
    Client client(invocation);
    client.fetch("DELETE", "/v2/jobs/" + id);
    invocation.out() << "Job " << id << " Deleted\n";
    return 0;
}

int run_job(Invocation& invocation) {
    const auto& id = invocation.first_argument("Must pass the job id to trigger a run");
    Client client(invocation);
    const auto runs =
        read_resources(client.fetch("POST", "/v2/jobs/" + id + "/runs", "parseResponse error: "));
    const auto& run = runs.front();
    if (invocation.globals().json) {
        invocation.out() << resource_json(run, false) << '\n';
        return 0;
    }
    BoxTable table("Pipeline Run", {"ID", "Created At", "Finished At"});
    const auto finished = codec::string_or(run.attributes, "finishedAt");
    // In Go's form, unlike those of jobs.
    table.add_row({run.id, list_time(codec::string_or(run.attributes, "createdAt")),
                   finished.empty() ? finished : list_time(finished)});
    invocation.out() << "Pipeline run successfully triggered\n" << table.render();
    return 0;
}

}  // namespace

Command job_commands() {
    Command group;
    group.name = "jobs";
    group.usage = "List, show, create, delete and run jobs";
    group.subcommands = {
        {"list",
         {},
         "List the jobs",
         {{{"page"}, "`PAGE` of the list, from 1", Flag::Kind::integer, ""}},
         {},
         list_jobs},
        {"show", {}, "Show one job", {}, {}, show_job},
        {"create", {}, "Create a job from TOML, given as text or file", {}, {}, create_job},
        {"delete", {}, "Delete a job with its runs", {}, {}, delete_job},
        {"run", {}, "Run a webhook job once", {}, {}, run_job},
    };
    return group;
}

}  // namespace baton::cli
