"""Records the use of a host's devices while its job trains, in the format of SageMaker's profiler.

    settings   ProfilerConfig as values
    machine    cores, memory and network of the whole machine, from /proc
    processes  CPU, memory and disk of the job's own processes
    gpu        GPUs, with NVIDIA's management library where it is installed
    lines      readings as lines of JSON
    minutes    the lines of each minute, kept in memory
    sampler    a thread that reads all sources at each interval
    upload     a thread that uploads new lines within seconds

/proc is read directly: 2 cores, memory, network and three processes take about a quarter of a millisecond,
and nothing has to be installed.
"""
