// Times Google's C++ libphonenumber on the file of phone numbers that smrt is timed on.
//
// Build: g++ -O2 -o phone_peer phone_peer.cc -lphonenumber
// Run:   ./phone_peer mixed.tsv [OUTPUT]
//
// The work per number is that of smrt: parse, ask whether it is valid.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <phonenumbers/phonenumberutil.h>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;
using Clock = std::chrono::steady_clock;

using Row = std::pair<std::string, std::string>;

constexpr size_t kStretch = 200;

static bool IsValid(const PhoneNumberUtil& util, const Row& row, PhoneNumber* number) {
  return util.Parse(row.second, row.first, number) == PhoneNumberUtil::NO_PARSING_ERROR &&
         util.IsValidNumber(*number);
}

static double NanosecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

int main(int count, char** arguments) {
  std::vector<Row> rows;
  std::ifstream file(count > 1 ? arguments[1] : "mixed.tsv");
  for (std::string line; std::getline(file, line);) {
    const size_t tab = line.find('\t');
    rows.emplace_back(line.substr(0, tab), line.substr(tab + 1));
  }

  PhoneNumber number;
  const auto first_start = Clock::now();
  const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
  IsValid(util, rows.front(), &number);
  const double first = NanosecondsSince(first_start);

  // As on our side, the best of a few passes for each short stretch of rows, so that other
  // programs on the same machine disturb as little as they can.
  std::vector<double> best(rows.size() / kStretch + 1, 1e18);
  size_t valid = 0;
  for (int pass = 0; pass < 4; ++pass) {
    valid = 0;
    for (size_t begin = 0; begin < rows.size(); begin += kStretch) {
      const size_t end = std::min(begin + kStretch, rows.size());
      const auto start = Clock::now();
      for (size_t row = begin; row < end; ++row) valid += IsValid(util, rows[row], &number);
      best[begin / kStretch] = std::min(best[begin / kStretch], NanosecondsSince(start));
    }
  }
  double total = 0;
  for (size_t begin = 0; begin < rows.size(); begin += kStretch) total += best[begin / kStretch];

  std::printf("libphonenumber  %9.1f ns/number   first call %8.3f ms   %zu of %zu valid\n", total / rows.size(),
              first / 1e6, valid, rows.size());

  if (count > 2) {
    std::ofstream output(arguments[2]);
    for (const Row& row : rows) {
      std::string e164 = "-";
      if (IsValid(util, row, &number)) util.Format(number, PhoneNumberUtil::E164, &e164);
      output << e164 << '\n';
    }
  }
}
