using Nvmepf.Firmware.Configuration;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces.State;

namespace Nvmepf.Firmware.Startup;

/// <summary>
/// The states of all namespaces that the process serves: one for each namespace of a subsystem, however many functions serve it, and the thread
/// that keeps those that are kept.
/// </summary>
internal sealed class NamespaceStates(EventLog log) : IDisposable
{
    /// <summary>What the name of a state file beside a namespace's file ends with.</summary>
    internal const string FileSuffix = ".nvmepf-state";

    private const string DeviceDirectory = "/dev/";
    private readonly Dictionary<(string Subsystem, uint NamespaceId), Known> _states = [];
    private NamespaceStateWriter? _writer;

    /// <summary>
    /// Where the state of a namespace is kept: where the configuration says, else beside a file; null for devices, whose directory is gone with
    /// power, and for what is itself gone then.
    /// </summary>
    internal static string? PathOf(ServedNamespace served) =>
        served.StatePath is not null ? served.StatePath
        : !served.Source.IsPersistent || served.Source.Kind == StorageKind.Block || served.Source.Path.StartsWith(DeviceDirectory, StringComparison.Ordinal)
            ? null
            : served.Source.Path + FileSuffix;

    /// <summary>
    /// The state of a namespace, read from its file at the first call. One that is taken away and comes back has what it had, unless it comes back
    /// as another: over other storage, with or without reservations, or kept elsewhere.
    /// </summary>
    /// <exception cref="Hal.PlatformException">The file is damaged; the message is for the user.</exception>
    internal NamespaceState Of(string subsystemNqn, ServedNamespace served)
    {
        string? path = PathOf(served);
        if (_states.TryGetValue((subsystemNqn, served.NamespaceId), out Known known))
        {
            if (known.State.HasReservations == served.HasReservations && known.Path == path && known.Storage == StorageOf(served))
            {
                return known.State;
            }

            known.State.Close(); // before its file is read, which may be the same
        }

        NamespaceStateFile? file = null;
        if (path is not null)
        {
            if (_writer is null)
            {
                _writer = new NamespaceStateWriter(log);
                _writer.Start();
            }

            file = new NamespaceStateFile(path, _writer);
        }

        try
        {
            NamespaceState made = new(served.HasReservations, file);
            _states[(subsystemNqn, served.NamespaceId)] = new Known(made, path, StorageOf(served));
            return made;
        }
        catch (Hal.PlatformException)
        {
            file?.Close();
            _ = _states.Remove((subsystemNqn, served.NamespaceId)); // it is closed; the next call reads the file again
            throw;
        }
    }

    /// <summary>The last controller of a subsystem has gone: for its namespaces that is a loss of power, and the next start reads what was kept.</summary>
    internal void Forget(string subsystemNqn)
    {
        foreach ((string Subsystem, uint NamespaceId) key in new List<(string Subsystem, uint NamespaceId)>(_states.Keys))
        {
            if (key.Subsystem == subsystemNqn)
            {
                _states[key].State.Close();
                _ = _states.Remove(key);
            }
        }
    }

    /// <summary>Files that are written, for tests: as many as there are states that are kept.</summary>
    internal int FileCount => _writer?.FileCount ?? 0;

    /// <inheritdoc/>
    public void Dispose() => _writer?.Dispose();

    /// <summary>What tells one disk from another: not its size.</summary>
    private static (StorageKind Kind, string Path) StorageOf(ServedNamespace served) => (served.Source.Kind, served.Source.Path);

    private readonly record struct Known(NamespaceState State, string? Path, (StorageKind Kind, string Path) Storage);
}
