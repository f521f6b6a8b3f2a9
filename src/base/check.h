#pragma once

#include <cstdio>
#include <cstdlib>

/// Ends the process, loudly, when `condition` is false. For our own bugs only, never for outside input.
#define TAVANA_CHECK(condition) \
  ((condition) ? (void)0        \
               : (std::fprintf(stderr, "%s:%d: check failed: %s\n", __FILE__, __LINE__, #condition), std::abort()))
