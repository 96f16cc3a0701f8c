using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Namespaces.State;
using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Controller;

/// <content>What other controllers of the subsystem do to namespaces that this one has as well.</content>
public sealed partial class NvmeController
{
    /// <summary>Set by whoever changed a namespace of this controller.</summary>
    public NewsFlag News { get; } = new();

    /// <summary>
    /// The controller has the namespace from here on. On the controller's reactor, or before it runs.
    /// </summary>
    /// <returns>False where others are in its shared state this moment: try again.</returns>
    public bool TryAttach(NvmeNamespace added) => added.TryAttach(Settings.ControllerId, News, default);

    private void AttachNamespaces()
    {
        for (int i = 0; i < Namespaces.Count; i++)
        {
            SpinWait wait = default; // before start: it may wait
            while (!TryAttach(Namespaces[i]))
            {
                wait.SpinOnce();
                if (wait.Count > 10_000)
                {
                    throw new PlatformException(
                        $"namespace {Namespaces[i].NamespaceId} is shared by more than {NamespaceState.ViewsMax} controllers; allowed: that many");
                }
            }
        }
    }

    /// <summary>Looks what has changed in the namespaces. Called in each turn.</summary>
    private void PollNews()
    {
        if (!News.IsSet)
        {
            return;
        }

        News.Take();
        for (int i = 0; i < Namespaces.Count; i++)
        {
            NamespaceView? view = Namespaces[i].View;
            if (view is not null && view.TakeChange() && Namespaces[i].IsActive)
            {
                Events.ChangedNamespaces.Note(this, Namespaces[i].NamespaceId);
            }
        }
    }
}
