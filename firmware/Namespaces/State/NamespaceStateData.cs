using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Namespaces.State;

/// <summary>A host that has registered a key.</summary>
public struct Registrant
{
    /// <summary>The host.</summary>
    public HostIdentity Host;

    /// <summary>Its reservation key.</summary>
    public ulong Key;
}

/// <summary>
/// What a subsystem remembers of one namespace besides its blocks: write protection, and who holds which reservation. Plain values of fixed
/// size; <see cref="NamespaceState"/> owns two of them, the one in force and the one that is being prepared.
/// </summary>
public sealed class NamespaceStateData
{
    private readonly Registrant[] _registrants;

    /// <summary>Nothing protected, nothing reserved.</summary>
    /// <param name="registrantsMax">Hosts that may register; 0 where the namespace has no reservations.</param>
    public NamespaceStateData(int registrantsMax) => _registrants = new Registrant[registrantsMax];

    /// <summary><see cref="Holder"/> where no single host holds a reservation.</summary>
    public const int NoHolder = -1;

    /// <summary>Write protection state (NVMe Base 2.1 section 5.1.25.1.31).</summary>
    public WriteProtectionState WriteProtection { get; set; }

    /// <summary>PTPL state: registrants and reservation outlive a loss of power.</summary>
    public bool PersistsThroughPowerLoss { get; set; }

    /// <summary>Type of the reservation; 0 for none.</summary>
    public ReservationType Type { get; set; }

    /// <summary>
    /// Index of the registrant that holds the reservation; <see cref="NoHolder"/> where there is none, or where every registrant holds it.
    /// </summary>
    public int Holder { get; set; } = NoHolder;

    /// <summary>GEN of the Reservation Status data structure; wraps.</summary>
    public uint Generation { get; set; }

    /// <summary>Number of registrants.</summary>
    public int Count { get; private set; }

    /// <summary>The registrants there are.</summary>
    public ReadOnlySpan<Registrant> Registrants => _registrants.AsSpan(0, Count);

    /// <summary>Hosts that may register.</summary>
    public int RegistrantsMax => _registrants.Length;

    /// <summary>True for the two types that all registrants hold together.</summary>
    public bool IsHeldByAllRegistrants => Type is ReservationType.WriteExclusiveAllRegistrants or ReservationType.ExclusiveAccessAllRegistrants;

    /// <summary>Index of a host's registration, or -1.</summary>
    public int Find(HostIdentity host)
    {
        for (int i = 0; i < Count; i++)
        {
            if (_registrants[i].Host == host)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>True where the registrant at an index holds the reservation, alone or with all others.</summary>
    public bool IsHolder(int index) => Type != ReservationType.None && index >= 0 && (IsHeldByAllRegistrants || index == Holder);

    /// <summary>Adds a registrant.</summary>
    /// <returns>False where there is no room.</returns>
    public bool TryAdd(HostIdentity host, ulong key)
    {
        if (Count == _registrants.Length)
        {
            return false;
        }

        _registrants[Count++] = new Registrant { Host = host, Key = key };
        return true;
    }

    /// <summary>Gives a registrant another key.</summary>
    public void SetKey(int index, ulong key) => _registrants[index].Key = key;

    /// <summary>Removes a registrant that is not the holder; the others keep their order.</summary>
    public void RemoveAt(int index)
    {
        Invariant.Check(index != Holder, "a reservation is released before its holder goes");
        Count--;
        _registrants.AsSpan(index + 1, Count - index).CopyTo(_registrants.AsSpan(index));
        Holder -= Holder > index ? 1 : 0;
    }

    /// <summary>Removes all registrants and the reservation.</summary>
    public void Clear()
    {
        Count = 0;
        Release();
    }

    /// <summary>Ends the reservation.</summary>
    public void Release()
    {
        Type = ReservationType.None;
        Holder = NoHolder;
    }

    /// <summary>Becomes equal to another of the same capacity.</summary>
    public void CopyFrom(NamespaceStateData other)
    {
        WriteProtection = other.WriteProtection;
        PersistsThroughPowerLoss = other.PersistsThroughPowerLoss;
        Type = other.Type;
        Holder = other.Holder;
        Generation = other.Generation;
        Count = other.Count;
        other.Registrants.CopyTo(_registrants);
    }

    /// <summary>What the reservation refuses a host (NVMe Base 2.1 section 8.1.22, the table of commands in the presence of a reservation).</summary>
    public CommandAccess RefusedTo(HostIdentity host)
    {
        if (Type == ReservationType.None)
        {
            return CommandAccess.None;
        }

        int index = host.IsSet ? Find(host) : -1;
        bool isFree = Type switch
        {
            ReservationType.WriteExclusive or ReservationType.ExclusiveAccess => index >= 0 && index == Holder,
            _ => index >= 0,
        };
        bool excludesReads = Type is ReservationType.ExclusiveAccess or ReservationType.ExclusiveAccessRegistrantsOnly
            or ReservationType.ExclusiveAccessAllRegistrants;
        return isFree ? CommandAccess.None : excludesReads ? CommandAccess.Read | CommandAccess.Write : CommandAccess.Write;
    }
}
