/* Tiles in, scores out, over standard input and output; edge/tile_process.py describes the bytes.
 *
 * PROGRAM                  stays up until its input ends
 * PROGRAM REQUESTS ANSWERS the same from and to a file, for machines whose standard input is no pipe */
#include "hairline_program.h"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <vector>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers go over the pipe as they lie in memory");

namespace {

const uint16_t VERSION = 1;

bool greet() {
    const hairline_facts &facts = hairline_network_facts;
    const uint16_t numbers[] = {VERSION, facts.height, facts.width, facts.channels, facts.golden_count};
    return std::fwrite("hairline", 8, 1, stdout) == 1 && std::fwrite(numbers, sizeof numbers, 1, stdout) == 1 &&
           std::fwrite(facts.onnx_sha256, sizeof facts.onnx_sha256, 1, stdout) == 1 &&
           std::fwrite(facts.golden_scores, sizeof(float), facts.golden_count, stdout) == facts.golden_count &&
           std::fflush(stdout) == 0;
}

bool answer(uint32_t sequence, float score) {
    return std::fwrite(&sequence, sizeof sequence, 1, stdout) == 1 &&
           std::fwrite(&score, sizeof score, 1, stdout) == 1 && std::fflush(stdout) == 0;
}

/* The bytes of a tile are height x width x channels; the network takes channels x height x width. */
void to_planes(const std::vector<uint8_t> &bytes, std::vector<float> &planes) {
    const size_t channels = hairline_network_facts.channels, area = bytes.size() / channels;
    for (size_t at = 0; at < area; at++)
        for (size_t channel = 0; channel < channels; channel++)
            planes[channel * area + at] = bytes[at * channels + channel];
}

} // namespace

int main(int argc, char **argv) {
    if (argc == 3 && (!std::freopen(argv[1], "rb", stdin) || !std::freopen(argv[2], "wb", stdout)))
        return 2;
    /* deepC writes its complaints to std::cout; standard output belongs to the answers. */
    std::cout.rdbuf(std::cerr.rdbuf());

    const hairline_facts &facts = hairline_network_facts;
    std::vector<uint8_t> bytes(static_cast<size_t>(facts.height) * facts.width * facts.channels);
    std::vector<float> planes(bytes.size());
    bool sound = greet();
    uint32_t sequence;
    while (sound && std::fread(&sequence, sizeof sequence, 1, stdin) == 1 &&
           std::fread(bytes.data(), bytes.size(), 1, stdin) == 1) {
        to_planes(bytes, planes);
        sound = answer(sequence, hairline_score(planes.data()));
    }
    hairline_report_memory(stderr);
    return sound ? 0 : 1;
}
