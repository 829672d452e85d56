/** Given to Node by `--import` before one of the product's processes: SIGUSR2 blocks its event loop for ever. */
process.on('SIGUSR2', () => {
  for (;;);
});
