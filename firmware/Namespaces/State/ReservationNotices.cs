using Nvmepf.Spec;

namespace Nvmepf.Firmware.Namespaces.State;

/// <summary>
/// Who is to be told what when a change of reservations is published, and whose commands it may abort. Filled while the change is prepared;
/// fixed memory, enough for every registrant to be told twice.
/// </summary>
public sealed class ReservationNotices
{
    private readonly Notice[] _notices;
    private readonly HostIdentity[] _preempted;
    private int _preemptedCount;

    /// <summary>Room for a namespace with so many registrants.</summary>
    public ReservationNotices(int registrantsMax)
    {
        _notices = new Notice[registrantsMax * 2];
        _preempted = new HostIdentity[registrantsMax + 1];
    }

    /// <summary>Notices to send.</summary>
    public int Count { get; private set; }

    /// <summary>The host whose command it is: it is told nothing, and its commands go on.</summary>
    public HostIdentity Origin { get; private set; }

    /// <summary>Begins anew, for a command of a host.</summary>
    public void Begin(HostIdentity origin)
    {
        Origin = origin;
        Count = 0;
        _preemptedCount = 0;
    }

    /// <summary>A host is to be told, unless it is the one that asked.</summary>
    public void Add(HostIdentity host, ReservationNotificationType type)
    {
        if (host != Origin && Count < _notices.Length)
        {
            _notices[Count++] = new Notice { Host = host, Type = type };
        }
    }

    /// <summary>A host's registration or reservation is preempted.</summary>
    public void Preempt(HostIdentity host)
    {
        if (host != Origin && _preemptedCount < _preempted.Length && !WasPreempted(host))
        {
            _preempted[_preemptedCount++] = host;
        }
    }

    /// <summary>True where the change preempts a host.</summary>
    public bool WasPreempted(HostIdentity host)
    {
        for (int i = 0; i < _preemptedCount; i++)
        {
            if (_preempted[i] == host)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What a host is to be told, 0 to <see cref="Count"/> less one; false where a notice is another's.</summary>
    public bool IsFor(int index, HostIdentity host, out ReservationNotificationType type)
    {
        type = _notices[index].Type;
        return _notices[index].Host == host;
    }

    private struct Notice
    {
        public HostIdentity Host;
        public ReservationNotificationType Type;
    }
}
