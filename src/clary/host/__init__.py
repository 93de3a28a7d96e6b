"""The agent that runs on every host, and what it injects into a user's process.

It creates /opt/ml, stages channels, starts user code in a sandbox, sends log lines and metrics to the server,
synchronizes checkpoints with S3, and uploads the results of the job. It does not share a process with the
server, continues when the server ends, and needs the standard library only.

    main        reads the spec of the host, runs its workload, writes how it ended
    workloads   what a host may run: training, processing, evaluation
    user_job    a host that runs code of the user, from start to end; agent: what its parts share
    inputs, user_process, telemetry, outputs, result    the parts, in the order of their use
    client      requests to the server and to S3
    layout      folders of a host; beneath, removal: safe access to folders that user code has changed
    sandbox, bounds    what separates the user's process from the machine, and limits it
    profile     SageMaker's profiler; rules: what evaluation needs; injected: what runs in the user's process
"""
