#pragma once

#include "baton/codec/dot.hpp"
#include "baton/pipeline/task.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::pipeline {

/// A bridge whose adapter may deliver its answer later.
bool is_async_bridge(const Task& task);

/// Decodes one node (section 2.8). Throws InvalidInput with the errors of all its attributes.
Task decode_task(const codec::DotNode& node, std::size_t id);

/// A job's task graph, decoded (reference/pipeline.md section 2). Immutable; any thread.
class Graph {
  public:
    /// Throws codec::DotError and InvalidInput with the texts of section 2.
    explicit Graph(std::string_view text);
    // Tasks point at each other by position and prepared parts at their task.
    Graph(const Graph&) = delete;
    Graph& operator=(const Graph&) = delete;

    /// By task id.
    const std::vector<Task>& tasks() const { return tasks_; }
    /// Where a task's edges say that its dependants wait for it.
    bool is_terminal(const Task& task) const { return task.outputs.empty(); }
    /// The first task of that name, or nullptr.
    const Task* find(std::string_view dot_id) const;
    bool requires_pre_insert() const { return requires_pre_insert_; }
    /// Why no run of the graph can be executed and recorded: no task at all, a name that a variable map or
    /// the unique key (pipeline_run_id, dot_id) cannot hold. v1.11.0 accepts such a graph and aborts when it
    /// runs.
    const std::optional<std::string>& fault() const { return fault_; }

  private:
    std::vector<Task> tasks_;
    bool requires_pre_insert_ = false;
    std::optional<std::string> fault_;
};

}  // namespace baton::pipeline
