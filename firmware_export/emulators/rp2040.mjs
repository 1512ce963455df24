// Runs an RP2040 image under rp2040js: `node rp2040.mjs FOLDER IMAGE.bin`, rp2040js in FOLDER/node_modules.
// UART0 is standard input and output. At a breakpoint (semihosting's exit) it ends with the program's status and writes
// "instructions N" to standard error. rp2040js ships no boot ROM; what the ROM does before boot2 is done here, as the
// RP2040 datasheet 2.8.1 has it: check the CRC, copy 256 bytes to the end of the SRAM, start there.
import { readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [folder, imagePath] = process.argv.slice(2);
const { RP2040 } = createRequire(pathToFileURL(`${folder}/`))('rp2040js');

const BOOT2_AT = 0x20041f00;
const PC = 15;
const SEMIHOSTING_EXIT = 0x18;
const APPLICATION_EXIT = 0x20026;
const STEPS_A_TURN = 50_000;

function boot2Crc(code) {
  let crc = 0xffffffff;
  for (const byte of code) {
    crc = (crc ^ (byte << 24)) >>> 0;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1) >>> 0;
    }
  }
  return crc;
}

const image = readFileSync(imagePath);
if (boot2Crc(image.subarray(0, 252)) !== image.readUInt32LE(252)) {
  console.error('boot ROM: the CRC of boot2 is wrong');
  process.exit(1);
}
const chip = new RP2040();
chip.logger = { debug() {}, info() {}, warn() {}, error() {} };
chip.flash.set(image, 0);
chip.sram.set(image.subarray(0, 256), BOOT2_AT - 0x20000000);
chip.core.SP = BOOT2_AT;
chip.core.registers[PC] = BOOT2_AT;

let executed = 0;
let status = null;
chip.onBreak = () => {
  const [operation, reason] = chip.core.registers;
  status = operation === SEMIHOSTING_EXIT && reason === APPLICATION_EXIT ? 0 : 1;
};

const output = [];
const uart = chip.uart[0];
uart.onByte = (byte) => output.push(byte);
let input = Buffer.alloc(0);
process.stdin.on('data', (bytes) => {
  input = Buffer.concat([input, bytes]);
  if (input.length > 1 << 16) process.stdin.pause();
});
process.stdin.on('error', () => {}); // whoever was at the other end is gone

function write(bytes) {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

function turn() {
  let fed = 0;
  for (let step = 0; step < STEPS_A_TURN && status === null; step++) {
    if (fed < input.length && !uart.rxFIFO.full) uart.feedByte(input[fed++]);
    chip.step();
    executed++;
  }
  input = input.subarray(fed);
  if (input.length < 1 << 12) process.stdin.resume();
  if (output.length) write(Buffer.from(output.splice(0)));
  if (status !== null) {
    console.error(`instructions ${executed}`);
    process.exit(status);
  }
  setImmediate(turn);
}
turn();
