// A disk that is soon full.
#pragma once

#include <sys/mount.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>

namespace omnicrm::testing {

/// A small file system of its own; not every machine lets one be mounted.
class SmallDisk {
 public:
  SmallDisk(const std::string& path, const std::string& size) : path_(path) {
    std::filesystem::create_directories(path);
    mounted_ = ::mount("tmpfs", path.c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool mounted() const noexcept { return mounted_; }
  void grow(const std::string& size) const {
    BOOST_REQUIRE(::mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT, ("size=" + size).c_str()) == 0);
  }

 private:
  std::string path_;
  bool mounted_ = false;
};

}  // namespace omnicrm::testing
