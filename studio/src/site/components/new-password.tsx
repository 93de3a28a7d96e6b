// A new password, written twice: both have to be the same before anything is sent.
import { type FormEvent, useState } from "react";

export const PASSWORD_RULES =
  "8 to 128 characters; three of upper case, lower case, digits and other characters; not the user's name.";

/** The submit handler is told the new password, and the form's other fields. */
export function NewPasswordForm({
  children,
  button,
  isBusy,
  said,
  onSubmit,
}: {
  children?: React.ReactNode;
  button: string;
  isBusy: boolean;
  /** What the server has said against it. */
  said: string;
  onSubmit: (password: string, form: FormData) => void;
}) {
  const [differs, setDiffers] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const password = String(form.get("new"));
    const isSame = password === String(form.get("again"));
    setDiffers(!isSame);
    if (isSame) onSubmit(password, form);
  };
  const message = differs ? "The two are not the same." : said;
  return (
    <form className="fields" onSubmit={submit}>
      {children}
      <label>
        New password
        <input
          className="field"
          name="new"
          type="password"
          autoComplete="new-password"
          minLength={8}
          maxLength={128}
          aria-describedby="password-rules"
          required
        />
      </label>
      <label>
        New password once more
        <input className="field" name="again" type="password" autoComplete="new-password" required />
      </label>
      <p className="soft small" id="password-rules">
        {PASSWORD_RULES}
      </p>
      <div role="alert">{message && <p className="error">{message}</p>}</div>
      <button type="submit" className="button primary" disabled={isBusy}>
        {button}
      </button>
    </form>
  );
}
