import{t as e}from"./jsx-runtime-Wy9s6hX0.js";import{b as t}from"./index-Chn7Tu3-.js";var n=e(),r=`from sagemaker.debugger import CollectionConfig, DebuggerHookConfig

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
)`;function i({hasHook:e,isLive:i,problems:a}){return e&&i?(0,n.jsxs)(`div`,{className:`card empty`,role:`status`,children:[(0,n.jsx)(`h2`,{children:`No step yet`}),(0,n.jsx)(`p`,{className:`soft`,children:`The hook is attached. The first step appears here when the script calls its model: PyTorch, XGBoost, MXNet Gluon and Keras are captured.`})]}):(0,n.jsxs)(`div`,{className:`card empty`,children:[(0,n.jsx)(`h2`,{children:e?`The hook has saved no tensors`:`This job captures no tensors`}),a.map(e=>(0,n.jsx)(`p`,{className:`reason`,children:e},e)),(0,n.jsx)(`p`,{className:`soft`,children:e?`Its log says what the hook has seen. It captures PyTorch, XGBoost, MXNet Gluon and Keras; losses are always saved, other tensors if a collection names them:`:`Give its estimator a DebugHookConfig; the script is not changed. Losses are saved then, and what the collections name:`}),(0,n.jsx)(`pre`,{tabIndex:0,children:r}),(0,n.jsx)(t,{text:r,label:`Copy`})]})}export{i as t};