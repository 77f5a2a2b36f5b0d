#include "host_parts.hpp"
#include "method.hpp"
#include "operations/describe.hpp"

namespace omnicrm::python {
namespace {

/// Runs a callback of a source or a normalizer; what it throws becomes an error.
template <class Work>
auto guarded(State* state, bool retryable, Work&& work) -> decltype(work()) {
  return with_gil([&]() -> decltype(work()) {
    const InCallback mark(state, CallbackKind::job);  // most often it is within one
    try {
      return work();
    } catch (py::error_already_set& thrown) {
      return fail(error_of(thrown, retryable));
    } catch (const py::builtin_exception& thrown) {  // type_error, value_error of ours
      return fail({.code = ErrorCode::invalid_argument, .message = thrown.what()});
    } catch (const std::exception& thrown) {
      return fail({.message = thrown.what(), .retryable = retryable});
    }
  });
}

/// The same for a normalizer: a Ctrl-C ends the call after this item, it must not make the item poison.
template <class Work>
auto guarded_item(State* state, Work&& work) -> decltype(work()) {
  return guarded(state, false, [&]() -> decltype(work()) {
    try {
      return work();
    } catch (py::error_already_set& thrown) {
      if (!thrown.matches(PyExc_KeyboardInterrupt)) throw;
      (void)error_of(thrown);
      return work();
    }
  });
}

template <class T>
T attribute(const py::object& object, const char* name) {
  return Python<T>::load(object.attr(name), Place{name});
}

void fill(sync::SourceItem& item, const py::object& made) {
  item.service = attribute<std::string>(made, "service");
  item.source_id = attribute<std::string>(made, "source_id");
  item.content_type = attribute<std::string>(made, "content_type");
  item.payload = from_bytes(made.attr("payload"), Place{"payload"});
  const auto size = attribute<std::optional<std::int64_t>>(made, "size");
  item.size = size ? *size : std::ssize(item.payload);
  item.origin = attribute<Json>(made, "origin");
  item.state = attribute<RawEventState>(made, "state");
  item.reason = attribute<std::string>(made, "reason");
  item.next = attribute<std::string>(made, "next");
}

class PythonReader final : public sync::SourceReader {
 public:
  PythonReader(State* state, py::object iterator) : state_(state), iterator_(std::move(iterator)) {}

  Result<bool> next(sync::SourceItem& item) override {
    return guarded(state_, true, [&]() -> Result<bool> {
      // An iterator that is not written in Python would run no signal handler.
      if (PyErr_CheckSignals() != 0) throw py::error_already_set();
      PyObject* made = PyIter_Next(iterator_.get().ptr());
      if (made == nullptr) {
        if (PyErr_Occurred() != nullptr) throw py::error_already_set();
        return false;
      }
      fill(item, py::reinterpret_steal<py::object>(made));
      return true;
    });
  }

 private:
  State* state_;
  Held iterator_;
};

class PythonSource final : public sync::Source {
 public:
  PythonSource(State* state, py::object source, ConnectionId connection)
      : state_(state), source_(std::move(source)), connection_(connection) {}

  ConnectionId connection() const override { return connection_; }

  Result<std::vector<PlanFile>> inventory(std::stop_token stop) override {
    return guarded(state_, true, [&]() -> Result<std::vector<PlanFile>> {
      const py::cpp_function should_stop([stop] { return stop.stop_requested(); });
      return Python<std::vector<PlanFile>>::load(source_.get().attr("inventory")(should_stop),
                                                 Place{"inventory"});
    });
  }

  Result<std::unique_ptr<sync::SourceReader>> read(const PlanFile& scope,
                                                   std::string_view position) override {
    return guarded(state_, true, [&]() -> Result<std::unique_ptr<sync::SourceReader>> {
      py::object items = source_.get().attr("read")(py::cast(scope), to_text(position));
      PyObject* iterator = PyObject_GetIter(items.ptr());
      if (iterator == nullptr) throw py::error_already_set();
      return std::make_unique<PythonReader>(state_, py::reinterpret_steal<py::object>(iterator));
    });
  }

 private:
  State* state_;
  Held source_;
  ConnectionId connection_;
};

/// A UUID, or any text: the same text is always the same connection.
ConnectionId connection_of(const py::object& source) {
  const py::object value = source.attr("connection");
  if (!PyUnicode_Check(value.ptr())) return Python<ConnectionId>::load(value, Place{"connection"});
  return {unwrap(user_id(from_text(value, "connection"))).value};
}

class PythonNormalizer final : public sync::Normalizer {
 public:
  PythonNormalizer(State* state, py::object normalizer, bool has_series)
      : state_(state),
        version_(attribute<std::int64_t>(normalizer, "version")),
        content_type_(attribute<std::string>(normalizer, "content_type")),
        has_series_(has_series),
        normalizer_(std::move(normalizer)) {}

  std::int64_t version() const noexcept override { return version_; }
  std::string_view content_type() const noexcept override { return content_type_; }

  std::size_t series_length(std::string_view source_id) const noexcept override {
    if (!has_series_) return source_id.size();
    const Result<std::size_t> length = guarded_item(state_, [&]() -> Result<std::size_t> {
      const auto series = from_text(normalizer_.get().attr("series")(to_text(source_id)), "series");
      return source_id.starts_with(series) ? series.size() : source_id.size();
    });
    return length.value_or(source_id.size());
  }

  Result<sync::ItemFacts> facts(const sync::RawItem& item) const override {
    return guarded_item(state_, [&]() -> Result<sync::ItemFacts> {
      return Python<sync::ItemFacts>::load(normalizer_.get().attr("facts")(raw_item(item)), Place{"facts"});
    });
  }

  Result<sync::Normalized> normalize(std::span<const sync::RawItem> series,
                                     const sync::NormalizeOptions& options) const override {
    return guarded_item(state_, [&]() -> Result<sync::Normalized> {
      py::list items;
      for (const sync::RawItem& item : series) items.append(raw_item(item));
      return Python<sync::Normalized>::load(normalizer_.get().attr("normalize")(items, py::cast(options)),
                                            Place{"normalized"});
    });
  }

 private:
  static py::object raw_item(const sync::RawItem& item) {
    return import_once("omnicrm._sources", "RawItem")(
        to_text(item.source_id), to_text(item.content_type),
        py::bytes(item.payload.data(), item.payload.size()),
        item.origin != nullptr ? parse_json(item.origin->text) : py::object(py::dict()));
  }

  State* state_;
  std::int64_t version_;
  std::string content_type_;
  bool has_series_;
  Held normalizer_;
};

}  // namespace

sync::SourceFactory make_source_factory(State* state, py::object factory) {
  return [state, factory = Held(std::move(factory))](
             const SyncSource& asked) -> Result<std::unique_ptr<sync::Source>> {
    return guarded(state, false, [&]() -> Result<std::unique_ptr<sync::Source>> {
      py::object source = factory.get()(py::cast(asked));
      const ConnectionId connection = connection_of(source);
      return std::make_unique<PythonSource>(state, std::move(source), connection);
    });
  };
}

std::shared_ptr<const sync::Normalizer> make_normalizer(State* state, py::object normalizer) {
  const py::object own = import_once("omnicrm._sources", "Normalizer").attr("series");
  const py::object theirs = py::type::of(normalizer).attr("series");
  const bool has_series = !theirs.is(own);
  return std::make_shared<PythonNormalizer>(state, std::move(normalizer), has_series);
}

}  // namespace omnicrm::python
