// main() of every test program.
#define BOOST_TEST_MODULE omnicrm
#include <boost/test/unit_test.hpp>
