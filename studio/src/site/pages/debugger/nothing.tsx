// A job without tensors: how to attach the hook.
import { CopyButton } from "../../components/copy";

const CODE = `from sagemaker.debugger import CollectionConfig, DebuggerHookConfig

estimator = PyTorch(
    ...,
    debugger_hook_config=DebuggerHookConfig(
        s3_output_path="s3://my-bucket/tensors",
        collection_configs=[
            CollectionConfig("weights", {"save_interval": "50"}),
            CollectionConfig("gradients", {"save_interval": "50"}),
            CollectionConfig("layers", {"include_regex": "output|input", "save_interval": "100"}),
        ],
    ),
)`;

export function NothingCaptured({ hasHook, isLive, problems }: { hasHook: boolean; isLive: boolean; problems: string[] }) {
  if (hasHook && isLive) {
    return (
      <div className="card empty" role="status">
        <h2>No step yet</h2>
        <p className="soft">
          The hook is attached. The first step appears here when the script calls its model: PyTorch, XGBoost, MXNet
          Gluon and Keras are captured.
        </p>
      </div>
    );
  }
  return (
    <div className="card empty">
      <h2>{hasHook ? "The hook has saved no tensors" : "This job captures no tensors"}</h2>
      {problems.map((problem) => (
        <p key={problem} className="reason">
          {problem}
        </p>
      ))}
      <p className="soft">
        {hasHook
          ? "Its log says what the hook has seen. It captures PyTorch, XGBoost, MXNet Gluon and Keras; losses are always saved, other tensors if a collection names them:"
          : "Give its estimator a DebugHookConfig; the script is not changed. Losses are saved then, and what the collections name:"}
      </p>
      <pre tabIndex={0}>{CODE}</pre>
      <CopyButton text={CODE} label="Copy" />
    </div>
  );
}
