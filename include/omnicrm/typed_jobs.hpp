// Payloads as types: a job's JSON object, written and read in one place.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <omnicrm/core/result.hpp>
#include <omnicrm/jobs/handler.hpp>
#include <omnicrm/json.hpp>

namespace omnicrm::jobs {

/// A job with the payload `value`; the other wishes are those of `rest`. `Payload` is one of the library's
/// records (omnicrm/json.hpp), or a type of the host's own for which it specializes the same two functions:
///
///     struct Greeting { std::string name; };
///     template <> std::string omnicrm::to_json(const Greeting& greeting);
///     template <> omnicrm::Result<Greeting> omnicrm::from_json(std::string_view text);
///
///     session.jobs().enqueue({jobs::typed_job("greet", Greeting{"Ada"}, {.priority = 10})});
///
/// The text must be a JSON object: `Jobs::enqueue` checks it. Never fails itself. @since 0.1
template <class Payload>
[[nodiscard]] NewJob typed_job(std::string kind, const Payload& value, NewJob rest = {}) {
  rest.kind = std::move(kind);
  rest.payload = Json{to_json(value)};
  return rest;
}

/// The payload of a job. Errors: those of `from_json`, `invalid_argument` as a rule. @since 0.1
template <class Payload>
[[nodiscard]] Result<Payload> payload_of(const Job& job) {
  return from_json<Payload>(job.payload.text);
}

/// A handler made of a function `Result<Outcome>(Context&, const Payload&)`, called from many threads at
/// once. A job whose payload does not read as `Payload` ends with that error, dead unless it is retryable:
/// the function is not called. @since 0.1
template <class Payload, class Function>
[[nodiscard]] std::shared_ptr<Handler> typed_handler(Function function, KindOptions options = {}) {
  class Typed final : public Handler {
   public:
    Typed(Function call, KindOptions kind_options)
        : function_(std::move(call)), options_(std::move(kind_options)) {}
    [[nodiscard]] KindOptions options() const override { return options_; }
    Result<Outcome> run(Context& context) override {
      const Result<Payload> payload = payload_of<Payload>(context.job());
      if (!payload) return fail(payload.error());
      return function_(context, *payload);
    }

   private:
    Function function_;
    KindOptions options_;
  };
  return std::make_shared<Typed>(std::move(function), std::move(options));
}

}  // namespace omnicrm::jobs
