using Nvmepf.Firmware.Configuration;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Reactors;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Startup;

/// <content>
/// Functions that come and go while others are served. Everything is made, started, closed and taken apart on the control thread that calls; what
/// reactors do of it is to take over lists (Reactor.Functions.cs). One control thread at a time.
/// </content>
internal sealed partial class Server
{
    // A reactor answers in a fraction of a second. One that does not hangs, and nothing is decided by waiting longer.
    private const long AnswerPatienceNanoseconds = 10_000_000_000;
    private const long BeginPauseNanoseconds = 1_000_000;

    /// <summary>The line of the log for a function that is left out.</summary>
    public static string NotServed(string functionName, PlatformException problem) =>
        $"function {functionName} is not served: {problem.Message.Replace('{', '(').Replace('}', ')')}";

    /// <summary>Waits until the functions of the start are served, as far as they could be started.</summary>
    /// <param name="hasEnded">Says whether the server has ended by itself.</param>
    /// <returns>False where it has.</returns>
    public bool WaitUntilServing(Func<bool> hasEnded)
    {
        while (!_hasBegun)
        {
            if (hasEnded())
            {
                return false;
            }

            _ = Clock.Sleep(BeginPauseNanoseconds);
        }

        return true;
    }

    /// <summary>False where the function could not be started.</summary>
    public bool IsServing(string name) =>
        Array.Find(_functions, function => function.Name == name) is { } found && _reactors.Exists(reactor => reactor.Serves(found.Controller));

    /// <summary>Opens and starts a function; it is served when this returns.</summary>
    /// <exception cref="PlatformException">It cannot be served; the message is for the user.</exception>
    public void Come(ServedFunction configured)
    {
        Reactor home = ChooseHome();
        FunctionParts function = Make(configured, home);
        try
        {
            foreach (QueueShare share in function.Controller.Shares)
            {
                if (!share.IsHome && !_reactors[share.Reactor.Index].TryComeShare(share, AnswerPatienceNanoseconds))
                {
                    throw new PlatformException($"reactor {share.Reactor.Index} does not answer");
                }
            }

            home.ComeFunction(function.Platform, function.Controller, _group.Rings, AnswerPatienceNanoseconds);
        }
        catch (PlatformException)
        {
            if (TryRemoveShares(function))
            {
                function.DetachNamespaces();
                function.Dispose();
                CloseUnused();
            }

            throw;
        }

        _functions = [.. _functions, function];
        _log.Write(function.Listening);
    }

    /// <summary>
    /// Shuts a function's controller down, with its caches flushed, and takes it off the reactors. What it is made of stays until
    /// <see cref="Close"/>, for those who still look at it.
    /// </summary>
    /// <param name="name">Name of the function.</param>
    /// <param name="patienceNanoseconds">How long to wait for commands to end and caches to be flushed.</param>
    /// <returns>Null where it has not ended yet; to be called again.</returns>
    public FunctionParts? TryTake(string name, long patienceNanoseconds)
    {
        FunctionParts function = Array.Find(_functions, one => one.Name == name)!;
        Reactor? home = _reactors.Find(reactor => reactor.Serves(function.Controller));
        if ((home is not null && !home.TryLeaveFunction(function.Controller, patienceNanoseconds)) || !TryRemoveShares(function))
        {
            return null;
        }

        Forget(function);
        return function;
    }

    /// <summary>Closes what a function was made of: its client is disconnected and the socket goes, or the link; and storage that no other uses.</summary>
    public void Close(FunctionParts function)
    {
        string nqn = function.Controller.Settings.SubsystemNqn;
        function.DetachNamespaces();
        function.Platform.LeaveBus();
        function.Dispose();
        CloseUnused();
        if (!Array.Exists(_functions, other => other.Controller.Settings.SubsystemNqn == nqn))
        {
            _states.Forget(nqn);
        }
    }

    /// <summary>Storage that a control thread has opened, and that controllers use: closed when none does any more.</summary>
    public void Keep(NamespaceBackend backend) => _backends.Add(backend);

    /// <summary>Closes storage that no controller has any more.</summary>
    public void CloseUnused()
    {
        HashSet<NamespaceBackend> used = new(ReferenceEqualityComparer.Instance);
        foreach (FunctionParts function in _functions)
        {
            NamespaceTable namespaces = function.Controller.Namespaces;
            for (int i = 0; i < namespaces.AllocatedCount; i++)
            {
                _ = used.Add(namespaces.InOrder(i).Backend);
            }
        }

        _backends.FindAll(backend => !used.Contains(backend)).ForEach(backend => backend.Dispose());
        _ = _backends.RemoveAll(backend => !used.Contains(backend));
    }

    private void Forget(FunctionParts function) => _functions = Array.FindAll(_functions, other => other != function);

    private bool TryRemoveShares(FunctionParts function)
    {
        foreach (QueueShare share in function.Controller.Shares)
        {
            Reactor reactor = _reactors[share.Reactor.Index];
            if (!share.IsHome && reactor.Has(share) && !reactor.TryLeaveShare(share, AnswerPatienceNanoseconds))
            {
                return false;
            }
        }

        return true;
    }
}
