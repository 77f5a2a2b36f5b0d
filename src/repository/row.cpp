// The generated row code of all tables, compiled once.
#include "repository/row.hpp"

#include "repository/row_generate.hpp"

namespace omnicrm::repository {

#define OMNICRM_TABLE(T)                                   \
  template int bind_row<T>(RowBinder&, int, const T&);     \
  template int bind_changes<T>(RowBinder&, int, const T&); \
  template Result<T> read_row<T>(const storage::Statement&, int);
OMNICRM_FOR_EACH_TABLE(OMNICRM_TABLE)
#undef OMNICRM_TABLE

}  // namespace omnicrm::repository
