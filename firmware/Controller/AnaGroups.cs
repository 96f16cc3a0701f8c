using Nvmepf.Firmware.Namespaces;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Controller;

/// <summary>The state of an ANA group at start.</summary>
/// <param name="Group">Group, 1 to 128.</param>
/// <param name="State">State.</param>
public readonly record struct AnaGroupSetting(uint Group, AnaState State);

/// <summary>
/// Asymmetric Namespace Access of one controller (NVMe Base 2.1 section 8.1.1): the state of each group, which is this path's and not the
/// subsystem's. Reported only where the configuration has groups: a host then reads one more log at each start, and one path has nothing to choose.
/// </summary>
/// <remarks>Used on the controller's reactor. The gates that it stores are read by all.</remarks>
public sealed class AnaGroups
{
    /// <summary>Groups that there may be (ANAGRPMAX and NANAGRPID).</summary>
    public const uint GroupsMax = 128;

    /// <summary>ANATT: the longest time in the Change state, in seconds; after it hosts give a path up.</summary>
    public const byte TransitionTimeSeconds = 10;

    /// <summary>ANACAP.</summary>
    public const AnaCapabilities Capabilities = AnaCapabilities.Optimized | AnaCapabilities.NonOptimized | AnaCapabilities.Inaccessible
        | AnaCapabilities.PersistentLoss | AnaCapabilities.Change;

    private readonly AnaState[] _states = new AnaState[GroupsMax + 1];
    private readonly ulong[] _changes = new ulong[GroupsMax + 1];
    private readonly bool[] _isConfigured = new bool[GroupsMax + 1];

    /// <summary>Takes the states at start; groups that are not named are optimized.</summary>
    public AnaGroups(AnaGroupSetting[] settings)
    {
        Array.Fill(_states, AnaState.Optimized);
        foreach (AnaGroupSetting setting in settings)
        {
            _states[setting.Group] = setting.State;
            _isConfigured[setting.Group] = true;
        }

        IsReported = settings.Length > 0;
    }

    /// <summary>Whether hosts are told of groups (CMIC).</summary>
    public bool IsReported { get; }

    /// <summary>Changes of what the log says since the last reset.</summary>
    public ulong ChangeCount { get; private set; }

    /// <summary>State of a group.</summary>
    public AnaState State(uint group) => _states[group];

    /// <summary>Changes of a group since the last reset.</summary>
    public ulong ChangeCountOf(uint group) => _changes[group];

    /// <summary>Whether the configuration names the group, so that it is reported without a namespace as well.</summary>
    public bool IsConfigured(uint group) => _isConfigured[group];

    /// <summary>A group changes its state: commands meet it from here on, and the host is told.</summary>
    public void Set(NvmeController controller, uint group, AnaState state)
    {
        if (_states[group] == state)
        {
            return;
        }

        _states[group] = state;
        _isConfigured[group] = true;
        NoteMembers(group);
        for (int i = 0; i < controller.Namespaces.Count; i++)
        {
            Apply(controller.Namespaces[i]);
        }

        controller.Events.Raise(
            controller,
            (byte)AsynchronousEventType.Notice,
            (byte)NoticeEventInformation.AsymmetricNamespaceAccessChange,
            (byte)LogPageId.AsymmetricNamespaceAccess);
    }

    /// <summary>A namespace of the group came or went: the log says something else, and the event is that of the namespace.</summary>
    public void NoteMembers(uint group)
    {
        _changes[group]++;
        ChangeCount++;
    }

    /// <summary>Stores what the state of its group means to the commands of a namespace.</summary>
    public void Apply(NvmeNamespace target)
    {
        StatusCode code = _states[target.AnaGroupId] switch
        {
            AnaState.Inaccessible => StatusCode.AsymmetricAccessInaccessible,
            AnaState.PersistentLoss => StatusCode.AsymmetricAccessPersistentLoss,
            AnaState.Change => StatusCode.AsymmetricAccessTransition,
            _ => StatusCode.Success,
        };
        target.Gate.PathStatusInType = IsReported ? (byte)code : (byte)0;
    }

    /// <summary>Controller level reset: states stay, counts begin anew.</summary>
    public void Reset()
    {
        ChangeCount = 0;
        Array.Clear(_changes);
    }
}
