namespace Nvmepf.Hal.Rk3588;

/// <summary>What <see cref="Rk3588Endpoint.PollEvents"/> saw since its last look.</summary>
[Flags]
public enum LinkEvents
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The link is up.</summary>
    LinkUp = 1 << 0,

    /// <summary>The link is down without a reset so far; host memory cannot be reached.</summary>
    LinkDown = 1 << 1,

    /// <summary>
    /// Hot reset, loss of the link or PERST#: what the host had configured is lost. Training waits until everything was written again and
    /// <see cref="Rk3588Endpoint.ReleaseHotReset"/> was called.
    /// </summary>
    Reset = 1 << 2,

    /// <summary>Bus Master Enable has changed; see <see cref="Rk3588Endpoint.IsBusMasterEnabled"/>.</summary>
    BusMasterChanged = 1 << 3,
}
