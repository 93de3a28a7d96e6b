"""What a host's devices do while its job trains, in the layout of SageMaker's profiler.

    settings   ProfilerConfig, read into values
    machine    cores, memory and network, out of /proc; of the whole machine
    processes  CPU, memory and disk of the job's own processes
    gpu        GPUs, through NVIDIA's management library where there is one
    lines      readings as lines of JSON
    minutes    the lines of each minute, in memory
    sampler    a thread that reads all of them every interval
    upload     a thread that brings news to S3 within seconds

Loaded for a job with a ProfilerConfig only. /proc is read directly: a reading of 2 cores, memory, network and
three processes takes about a quarter of a millisecond, and nothing has to be installed.
"""
