/*
 * OpenBLAS splits a product between as many threads as the environment allows,
 * and the split changes the last bits of the result. Here parallelism lives
 * above BLAS, and a result must not depend on the number of threads: every
 * program that contains this file runs OpenBLAS with one thread.
 *
 * A constructor of the program runs after OpenBLAS, a library of it, has read
 * OPENBLAS_NUM_THREADS, and before main. In C, because Rust would need
 * `unsafe` for it.
 */
void openblas_set_num_threads(int threads);

__attribute__((constructor)) static void one_thread(void)
{
	openblas_set_num_threads(1);
}
